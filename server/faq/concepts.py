"""Words that mean the same to a caller: general knowledge of Hebrew and English.

One line is one meaning: its name, then its words. A meaning counts for a business only when one
of its rows uses one of the words. Things of one family (a cat, a dog) are never one meaning.
"""

from __future__ import annotations

CONCEPTS = """
PARK: חניית חניה חנייה חניון חניונים לחנות חונים חונה להחנות מחנים חנינו parking park
CAR: רכב אוטו מכונית רכבים מכוניות car vehicle
LEAVE: שמים להשאיר משאירים לשים להעמיד לעמיד leave put
OPEN: פתוח פתוחה פתוחים פתוחות פותח פותחת פותחים פותחות פתיחה נפתח נפתחת נפתחים open opening opens
CLOSE: סגור סגורה סגורים סוגר סוגרת סוגרים סגירה נסגר נסגרת נסגרים close closing closed closes
HOURS: שעות שעה שעת שעותיכם hours hour time
ACTIVITY: פעילות פעילים קבלה activity
WORKING: עונה עונים עובדים עובדת עובדות עבודה working
ADDRESS: כתובת כתובתכם מיקום לוקיישן ממוקם ממוקמים ממוקמת מיקומכם address location located
ARRIVE: להגיע מגיעים מגיעה מגיע לבוא באים בא באה להיכנס נכנסים לקפוץ הגעה arrive come reach
ARRIVE: directions
SIT: יושבים יושב יושבת לשבת ישיבה sit seating
STREET: רחוב street road
MALL: קניון סנטר mall
BUILDING: בניין מגדל building tower
CITY: עיר ערים city
AREA: אזור אזורים איזור איזורים שכונה שכונות area areas
FLOOR: קומה קומות floor
WAZE: וויז ווייז waze
PRICE: תמחור מחיר מחירים מחירון עלות עלויות תעריף תעריפים עולה עולים עולות יעלה תעלה יעלו תעלינה
PRICE: לעלות
PRICE: price prices pricing cost costs rate rates
CHARGE: גובים לוקחים לוקח לוקחת גובה עמלה fee charge
MONEY: כסף money
CHEAP: זול זולה זולים cheap cheaper
EXPENSIVE: יקר יקרה יקרים יקרות expensive
FREE: חינם בחינם חינמי חינמית free
PAID: תשלום בתשלום paid
SURCHARGE: תוספת בתוספת extra surcharge
INCLUDED: כלול כלולה כלולים כלולות כולל כוללת כוללים כוללות include included includes
PAY: לשלם משלמים משלם משלמת תשלום pay payment payments paying
MEANS: אמצעי אמצעים
INSTALMENTS: לחלק מחלקים תשלומים לפרוס פריסה פורסים לתשלומים installments instalments
CREDIT: אשראי ויזה מאסטרקארד כרטיס כרטיסי credit visa mastercard card cards
CASH: מזומן מזומנים cash
BIT: ביט bit
PAYBOX: פייבוקס paybox
CHEQUE: צק צקים שיק שיקים המחאה check cheque cheques checks
APPLEPAY: אפלפיי applepay
TRANSFER: העברה_בנקאית העברה העברות transfer
INTEREST: ריבית
DISCOUNT: קופון קופונים הנחה הנחות מבצע מבצעים discount discounts sale deal
GIFTCARD: שובר שוברים תו תווי תווים גיפטקארד voucher giftcard
MEMBER: מנוי מנויים מינוי membership subscription
KOSHER: כשר כשרה כשרים כשרות kosher
SUPERVISION: השגחה מהדרין הכשר בדץ רבנות supervision
PAREVE: פרווה pareve
DAIRY: חלבי חלבית חלביים חלביות dairy
MEATY: בשרי בשרית בשריים בשריות
VEGAN: טבעוני טבעונית טבעוניים טבעוניות טבעונים vegan vegans
VEGETARIAN: צמחוני צמחונית צמחוניים צמחוניות צמחונים vegetarian
GLUTEN: גלוטן gluten
CELIAC: צליאק celiac coeliac
ALLERGY: אלרגיה אלרגיות אלרגי אלרגית אלרגיים אלרגנים allergy allergic allergies allergens
SUGAR: סוכר sugar
DIABETIC: סוכרת סוכרתי סוכרתיים diabetic
LACTOSE: לקטוז lactose
MENU: תפריט תפריטים menu
DISH: מנה מנות מנת dish dishes
FOOD: אוכל מזון לאכול אוכלים food eat
BREAKFAST: ארוחת_בוקר ארוחתבוקר breakfast
MEAL: אוכל ארוחה ארוחות ארוחת meal meals
LUNCH: lunch
DRINK: שתייה משקה משקאות drinks
COFFEE: קפה coffee
WINE: יין יינות wine
DELIVERY: לשלוח משלוח משלוחים שליחויות שליחות שליח שולחים משלוחי delivery deliver deliveries ship
DELIVERY: shipping
TAKEAWAY: טייקאווי טייק takeaway takeout
PICKUP: איסוף לאסוף אוספים pickup collection
HOME: בית הביתה בתים home house
ACCESSIBLE: גישה הנגשה נגיש נגישה נגישים נגישות accessible accessibility
WHEELCHAIR: גלגלים wheelchair
CHAIR: כיסא כיסאות כסא
DISABLED: נכה נכים מוגבלות disabled
STAIRS: מדרגות stairs steps
RAMP: רמפה ramp
LIFT: מעלית elevator lift
ENTRANCE: כניסה entrance
TOILET: שירותים שרותים toilet toilets restroom bathroom
WIFI: אלחוטי wifi וויפיי אינטרנט wireless internet
PHONE: טלפון פלאפון נייד phone telephone
NUMBER: מספר number
EMAIL: מייל אימייל email mail
WHATSAPP: וואטסאפ ווטסאפ ווצאפ whatsapp
SITE: אתר website site
SOCIAL: אינסטגרם פייסבוק instagram facebook
FAX: פקס fax
CHILD: ילד ילדה ילדים ילדות ילדי kid kids child children
BABY: תינוק תינוקת תינוקות פעוט פעוטות baby babies infant
COT: לול עריסה cot crib
TEEN: מתבגרים נוער נערים נערות teen teens
AGE: גיל גילאים גילאי age ages
MAN: גבר גברים men man
WOMAN: אישה נשים women woman
BRIDE: כלה כלות bride bridal
GROOM: חתן חתנים
COUPLE: זוג זוגות זוגי זוגית זוגיים couple
FAMILY: משפחה משפחות משפחתי משפחתית family
GROUP: קבוצה קבוצות קבוצתי group groups
PETS: מחמד pet pets
ANIMAL: חיה חיות בעלחיים animal animals
DOG: כלב כלבה כלבים כלבות dog dogs
CAT: חתול חתולה חתולים cat cats
EVENT: חגיגה חגיגות אירוע אירועים מסיבה מסיבות event events party
BIRTHDAY: יומהולדת הולדת birthday
WEDDING: חתונה חתונות wedding
PRIVATE: פרטי פרטית פרטיים private
ROOM: חדר חדרים צימר room rooms
SUITE: סוויטה סוויטות suite
NIGHT: לילה לילות לינה night
MIDWEEK: אמצעשבוע midweek
WEEKEND: סופש סופשבוע weekend weekends
CHECKIN: צקאין checkin
CHECKOUT: צקאאוט checkout לפנות עזיבה פינוי
ENTER: נכנסים
LEAVING: יציאה יוצאים לצאת עוזבים
POOL: לשחות בריכה בריכת pool
SWIM: שחייה swim swimming
JACUZZI: גקוזי jacuzzi hottub
HEATED: מחומם מחוממת חימום heated
SAUNA: סאונה sauna
TOWEL: מגבת מגבות towel towels
SHOWER: מקלחת מקלחות להתקלח shower showers
LOCKER: לוקר לוקרים ארונית locker lockers
CHANGING: מלתחה מלתחות
GYM: כושר gym fitness
TRAINING: אימון אימונים להתאמן מתאמנים training workout
TRAINER: מאמן מאמנת מאמנים מדריך מדריכה trainer coach
LESSON: שיעור שיעורים שעור שעורים lesson lessons class classes
COURSE: קורס קורסים חוג חוגים course courses
WORKSHOP: סדנה סדנאות סדנא workshop
YOGA: יוגה yoga
PILATES: פילאטיס pilates
TRIAL: ניסיון ניסיוני ניסיונית נסיון trial
PERSONAL: אישי אישית personal
FREEZE: הקפאה להקפיא מקפיאים freeze
CANCEL: ביטול ביטולים לבטל מבטלים מבטל cancel cancellation cancellations
POLICY: מדיניות תנאי תנאים נהלים policy terms
FEE: דמי אגרה קנס fees
ADVANCE: מראש advance
APPOINTMENT: תור תורים appointment appointments
COORDINATE: ספונטני ספונטנית ספונטנים תיאום לתאם
RESERVE: מזמין מזמינה מזמינים הזמנה הזמנות reservation reservations booking
DEPOSIT: מקדמה פיקדון פקדון deposit
WARRANTY: אחריות warranty guarantee
RETURN: החזרה החזרות להחזיר מחזירים return returns
EXCHANGE: החלפה החלפות להחליף מחליפים exchange replace replacement
REFUND: החזר זיכוי refund
RECEIPT: קבלות חשבונית חשבוניות receipt invoice
INSURANCE: ביטוח ביטוחים ביטוחי מבוטח מבוטחת insurance insured
HMO: קופה קופת קופות קופח
HMO_SICK: חולים
ARRANGEMENT: הסדר הסדרים
CONTRACT: חוזה הסכם contract agreement
COMMITMENT: התחייבות מחייב מחייבת commitment
DOCUMENTS: מסמך מסמכים ניירות ניירת טפסים טופס documents document papers form
BRING: להכניס מכניסים להביא מביאים bring
ID_CARD: תעודת תעודה
LANGUAGES: שפה שפות language languages
SPEAK: מדבר מדברת מדברים דובר דוברת דוברי speak speaking
ENGLISH: אנגלית english
RUSSIAN: רוסית russian
FRENCH: צרפתית french
ARABIC: ערבית arabic
SPANISH: ספרדית spanish
HEBREW: עברית hebrew
AMHARIC: אמהרית amharic
EMERGENCY: חירום דחוף דחופה דחופים emergency urgent
ONCALL: תורן תורנית תורנות oncall
DOCTOR: רופא רופאה רופאים רופאת דוקטור doctor doctors
DENTIST: שיניים שן dental dentist teeth tooth
CHECKUP: בדיקה בדיקות בדיקת checkup examination exam test
XRAY: צילום צילומים רנטגן xray
CLEANING: ניקוי ניקיון לנקות מנקים נקיון cleaning clean
HYGIENIST: שיננית שינניות hygienist
TARTAR: אבנית tartar
IMPLANT: שתל שתלים השתלה השתלת implant implants
WHITENING: הלבנה הלבנת להלבין מלבינים whitening
FILLING: סתימה סתימות filling
CROWN: כתר כתרים crown
BRACES: יישור גשר braces
VACCINE: חיסון חיסונים לחסן מחסנים vaccine vaccines vaccination shot
NEUTER: סירוס לסרס מסרסים
SPAY: עיקור לעקר מעקרים spay
CHIP: שבב chip microchip
BOARDING: פנסיון boarding kennel
GROOMING: טיפוח grooming
VET: וטרינר וטרינרית ווטרינר ווטרינרית vet veterinarian
HAIRCUT: תספורת תספורות להסתפר מסתפרים לספר haircut haircuts
HAIR: שיער שערות hair
DYE: צבע צבעים צביעה לצבוע צובעים צובעות color colour dye
HIGHLIGHTS: גוונים highlights
ROOT: שורש שורשים
STRAIGHTEN: החלקה החלקות להחליק מחליקים straightening
KERATIN: קרטין keratin
HAIRDO: תסרוקת תסרוקות
BLOWDRY: פן blowdry
BROWS: גבה גבות eyebrows eyebrow brows
MOUSTACHE: שפם
WAX: שעווה waxing wax
NAILS: ציפורן ציפורניים ציפורנים מניקור nails manicure
PEDICURE: פדיקור pedicure
GEL: גל gel
LASHES: ריסים lashes eyelashes
MAKEUP: איפור לאפר מאפרת makeup
LASER: לייזר laser
HAIRREMOVAL: הסרת להסיר
FACIAL: פנים facial
MASSAGE: עיסוי עיסויים מסאז massage massages
SPA: ספא spa
TATTOO: קעקוע קעקועים tattoo tattoos
PIERCING: פירסינג piercing
PRODUCTS: מוצר מוצרים תכשיר תכשירים product products
BRAND: מותג מותגים יצרן brand brands
SHAMPOO: שמפו shampoo
AMMONIA: אמוניה ammonia
SENSITIVE: רגישות רגיש רגישה
SELL: מוכרים למכור מכירה מוכרות נמכר sale sell
BUY: לקנות קונים קנייה רכישה לרכוש buy purchase
RENT: השכרה להשכיר משכירים שכירות לשכור שוכרים rent rental
APARTMENT: דירה דירות בית בתים apartment flat
OFFICES: משרדים
PROPERTY: נכס נכסים property properties
LAND: מגרש מגרשים
BROKERAGE: תיווך מתווך מתווכת brokerage
COMMISSION: עמלה עמלת עמלות commission
EXCLUSIVE: בלעדיות בלעדי exclusive exclusivity
VALUATION: הערכה הערכת שמאות שמאי valuation appraisal
VALUE: שווי value
MANAGE: ניהול לנהל מנהלים
AGENT: סוכן סוכנת סוכנים
GUARANTOR: ערב ערבים
SIGN: לחתום חותמים מחתימים חתימה sign
GARAGE: טיפולים
SERVICE_CAR: טיפול
TYRES: צמיג צמיגים tyres tires
OIL: שמן oil
BRAKES: בלמים ברקסים brakes
BATTERY: מצבר סוללה סוללות battery
SCREEN: מסך מסכים screen
AIRCON: מזגן מזגנים מיזוג ממוזג aircon airconditioning
REPAIR: תיקון תיקונים לתקן מתקנים repair repairs fix
INSTALL: התקנה התקנות להתקין מתקינים install installation
TOW: גרר גרירה tow towing
TESTCAR: טסט טסטים
TECHNICIAN: טכנאי טכנאים technician
PLUMBER: אינסטלטור שרברב plumber
LEAK: נזילה נזילות leak
CLOG: סתימות סתום
QUOTE: הצעה הצעת quote estimate
HOMEVISIT: ביקור ביקורי visit
SPEAK_CONSULT: ייעוץ יעוץ להתייעץ פגישת_ייעוץ consultation consult
LAWYER: עורכדין lawyer attorney
DIVORCE: גירושין גירושים divorce
WILL: צוואה צוואות
NOTARY: נוטריון notary
ACCOUNTANT: חשבון_רואה רואה accountant
TAX: מס מסים מיסים tax
FLOWERS: פרח פרחים flowers
BOUQUET: זר זרים bouquet
PLANT: עציץ עציצים plant plants
CAKE: עוגה עוגות עוגת cake cakes
COOKIES: עוגיה עוגיות cookies
BREAD: לחם לחמים bread
CHALLAH: חלה חלות challah
TRAY: מגש מגשים מגשי tray trays platter
CATERING: קייטרינג כיבוד catering
DESIGNED: מעוצב מעוצבת מעוצבים מעוצבות עיצוב custom customized design
PICTURE: תמונה תמונות picture photo
NUTS: אגוז אגוזים nuts
PEANUTS: בוטן בוטנים peanuts
EGGS: ביצה ביצים eggs
MILK: חלב milk
MEAT: בשר meat
FISH: דג דגים fish
HOSTING: אירוח לארח מארחים
THEORY: תיאוריה תאוריה theory
LICENSE: רישיון רשיון רשיונות רישיונות license licence
AUTOMATIC: אוטומט אוטומטי אוטומטית automatic
MANUAL: ידני ידנית manual
MOTORCYCLE: אופנוע אופנועים motorcycle motorbike
TRUCK: משאית משאיות truck
TEACHER: מלמד מלמדת מלמדים מורה מורים מורות teacher teachers instructor
TEACH: ללמוד לומדים לומד לומדת לימוד לימודים מלמד מלמדת מלמדים ללמד teach
LEARN: ללמוד לומדים לומד לומדת לימוד לימודים learn study
STUDENT: תלמיד תלמידים תלמידות סטודנט סטודנטים student students
SOLDIER: חייל חיילת חיילים soldier soldiers
SENIOR: פנסיונר פנסיונרים גמלאי גמלאים קשישים senior seniors
REFRESH: רענון ריענון
ADD: להוסיף לצרף מצרפים מוסיפים מצורף
SEATING_PLACES: מקומות מושבים seats
REGISTER: להירשם הרשמה רישום נרשמים register registration
BIKE: אופניים bike bikes bicycle
SCOOTER: קורקינט קטנוע scooter
COMPUTER: לפטופ לפטופים מחשב מחשבים computer laptop
MOVE: הובלה הובלות להוביל מובילים move moving
PACK: אריזה אריזות לארוז אורזים pack packing
BOXES: קרטון קרטונים ארגז ארגזים boxes
CRANE: מנוף crane
STORAGE: אחסנה אחסון לאחסן מאחסנים storage
WAREHOUSE: מחסן מחסנים
PIANO: פסנתר פסנתרים piano
DAMAGE: נזק נזקים damage
GLASSES: משקפיים משקפי glasses
SUNGLASSES: משקפישמש sunglasses
SUN: שמש sun
LENSES: עדשה עדשות lenses lens
CONTACTS: מגע contact contacts
FRAME: מסגרת מסגרות frame frames
VISION: ראייה ראיה עיניים eye eyes vision
PRESCRIPTION: מרשם מרשמים prescription
MEDICINE: תרופה תרופות medicine medication
LAUNDRY: כבסים כביסה לכבס מכבסים laundry
IRON: גיהוץ לגהץ מגהצים ironing
DRYCLEAN: יבש drycleaning
CARPET: שטיח שטיחים carpet rug
CLOTHES: ביגוד לבוש בגד בגדים clothes
SIZE: מידה מידות size sizes
SHOES: נעל נעליים shoes
DRESS: שמלה שמלות dress
SUIT: חליפה חליפות suit
FITTING: מדידה למדוד
KINDERGARTEN: גן גנים kindergarten
CAMP: קייטנה קייטנות camp
AFTERSCHOOL: צהרון צהרונים
TEACHING_STAFF: צוות גננת גננות staff
STROLLER: עגלה עגלות stroller
SMOKING: לעשן עישון מעשנים smoking smoke
HALL: אולם אולמות hall
GARDEN: גינה חצר garden yard
CAPACITY: תפוסה קיבולת capacity
SINGER: דיגי תקליטן dj
PHOTOGRAPHER: צלם צלמת לצלם photographer
ALCOHOL: אלכוהול alcohol
MUSIC: מוזיקה מוסיקה music
COMPENSATION: פיצוי פיצויים compensation
EXPERIENCE: ותק וותק experience
HEALTH: בריאות health
DECLARATION: הצהרה הצהרת declaration
APPROVAL: אישור אישורים
KEY: מפתח מפתחות key keys
PRINT: הדפסה הדפסות להדפיס מדפיסים print printing
TOUR: סיור סיורים tour
TICKET: כרטיסים ticket tickets
BUS: אוטובוס אוטובוסים bus
TRAIN: רכבת train
BALLOONS: בלון בלונים balloons
GIFT: מתנה מתנות gift gifts
WRAP: עטיפה עטיפת לעטוף
HOLIDAY: חג חגים holiday holidays
SHABBAT: שבת saturday
SEPARATE: נפרד נפרדת separate
NEAR: ליד קרוב סמוך near nearby close_to
CUSTOMERS: לקוחות customers
DURATION: נמשך נמשכת נמשכים לוקח לוקחת לוקחים אורך אורכת ייקח יקח תיקח תקח ארך last lasts
READY: מוכן מוכנה מוכנים להכין מכינים הכנה הכנת ready
EVERY: כל
FIRST: ראשון ראשונה ראשוני ראשונית first initial
EXPRESS: אקספרס מהיר express
HIGHCHAIR: כיסאתינוק highchair
STAY: שהות לישון ללון stay sleep
TREAT: treat
WAIT: לחכות מחכים מחכה המתנה ממתינים להמתין wait waiting
FILL: מילוי למלא ממלאים ממלא מילאתם
DAYPART: בוקר ערב צהריים בקרים ערבים morning evening noon afternoon
TAKE: לקחת takes
LAST_DAY: מוצאי מוצש
HELP: עזרה help
TECH_SUPPORT: תמיכה support
BOTH_WAYS: הלוךחזור
MONTHLY: חודש חודשי חודשית חודשיים לחודש monthly month
YEARLY: שנה שנתי שנתית שנתיים yearly annual year
WEEKLY: שבועי שבועית weekly
DAILY: יומי יומית יומיים יומיות daily
NEW: חדש חדשה new
BUSINESS_MEAL: עסקית עסקיות
PEOPLE: איש אנשים אדם אורחים סועדים משתתפים מוזמנים people guests persons
MINIMUM: מינימום מינימלי מינימלית minimum
MAXIMUM: מקסימום מקסימלי מקסימלית maximum
"""
