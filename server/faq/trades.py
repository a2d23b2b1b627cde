"""Words of single trades that mean the same to a caller; lines as in ``concepts``.

Nouns with their verbs, and the English words that Hebrew speakers mix in. General knowledge of
the language: a line counts for a business only when one of its rows uses one of the words.
"""

from __future__ import annotations

TRADES = """
REFERRAL: הפניה הפנייה הפניות מופנה מכתב referral
MEDICINE: תרופה תרופות כדור כדורים medicine medication pills
PHARMACIST: רוקח רוקחת רוקחים pharmacist
CREAM: קרם קרמים קרמי cream creams
COSMETICS: קוסמטיקה קוסמטי קוסמטיים cosmetics
NAPPIES: חיתול חיתולים טיטולים diapers nappies
FORMULA: תמל formula
PRESSURE: לחץ pressure
FLU: שפעת flu
CLOG: סתימה סתימות סתום סתומה נסתם נסתמה סתומים
UNBLOCK: לפתוח פתיחת
LEAK: נזילה נזילות נוזל נוזלת דולף דליפה דליפות leak leaks leaking
BURST: פיצוץ התפוצץ התפוצצה מתפוצץ
FLOOD: הצפה הצפות מוצף
SEWAGE: ביוב sewage
BOILER: דוד דודים דודי boiler
TAP: ברז ברזים tap faucet
PIPE: צינור צינורות צנרת pipe pipes
SINK: כיור כיורים sink
DETECT: איתור לאתר מאתרים לגלות מגלים גילוי
ELECTRIC: חשמל חשמלי חשמלית electric electricity
ELECTRICIAN: חשמלאי חשמלאים electrician
SOCKET: שקע שקעים socket
LAMP: מנורה מנורות תאורה lamp lighting
PANEL: לוח לוחות
LOCKSMITH: מנעולן מנעולנים locksmith
LOCK: מנעול מנעולים צילינדר lock locks
DOOR: דלת דלתות door doors
BREAKIN: פריצה פריצת לפרוץ פורצים
COPY: שכפול לשכפל משכפלים שכפולי העתקה copy duplicate
RENOVATION: שיפוץ שיפוצים לשפץ משפצים renovation
PLASTER: גבס
PARQUET: פרקט פרקטים parquet
TILES: ריצוף לרצף קרמיקה אריחים tiles
SEALING: איטום לאטום אוטמים sealing
PEST: הדברה הדברות להדביר מדבירים מדביר ריסוס לרסס מרססים pest exterminator
COCKROACH: גוק גוקים תיקנים מקקים
ANTS: נמלה נמלים ants
MICE: עכבר עכברים mice
TERMITES: טרמיטים
FLEAS: פרעוש פרעושים fleas
CARWASH: שטיפה שטיפת לשטוף שוטפים wash
POLISH: פוליש ליטוש polish
WINDOWS: חלון חלונות windows window
SOFA: ספה ספות sofa couch
MATTRESS: מזרן מזרנים mattress
POLICYDOC: פוליסה פוליסות
CLAIM: תביעה תביעות לתבוע תובעים claim claims
PENSION: פנסיה פנסיוני פנסיונית pension
SAVING: חיסכון חסכון השתלמות savings
MORTGAGE: משכנתא משכנתאות משכנתה mortgage
LOAN: הלוואה הלוואות loan
TRAVEL: נסיעות נסיעה travel
FLIGHT: טיסה טיסות טסים flight flights
ABROAD: חול חוצלארץ abroad
VISA_TRAVEL: ויזות אשרה אשרות
PASSPORT: דרכון דרכונים פספורט פספורטים passport
CRUISE: שיט קרוז הפלגה cruise
GUIDE: מדריך מדריכים מדריכה guide
TRIP: טיול טיולים trip trips
ORGANISED: מאורגן מאורגנים מאורגנת organized
HOTEL: מלון מלונות hotel hotels
PHOTO: צילום צילומי צילומים לצלם מצלמים מצלם מצלמת להצטלם מצטלמים מצטלמת photoshoot shoot photos
PICTURE: צילומים photos
VIDEO: וידאו סרטון סרטונים קליפ video videos
ALBUM: אלבום אלבומים album albums
MAGNETS: מגנט מגנטים magnets magnet
DRONE: רחפן רחפנים drone
NEWBORN: ניובורן newborn
OUTDOOR: חוץ outdoor outdoors
EDIT: עריכה ערוכות ערוך
FLASHDRIVE: דיסקאונקי usb
PHYSIO: פיזיותרפיה פיזיותרפיסט פיזיותרפיסטית physio physiotherapy
THERAPIST: מטפל מטפלת מטפלים therapist
PSYCHO: פסיכולוג פסיכולוגית פסיכולוגים psychologist
NUTRITIONIST: דיאטנית תזונאית dietitian
SPORT: ספורט ספורטאי ספורטאים sport sports
INJURY: פציעה פציעות פצוע injury injuries
ACUPUNCTURE: דיקור לדקור acupuncture
PUNCHCARD: כרטיסייה כרטיסיה כרטיסיות כרטיסיית
SERIES: סדרה סדרת סדרות series
CHIRO: כירופרקט כירופרקטיקה
BLOOD: דם blood
XRAY: צילומי
BIRTH: לידה יולדת יולדות birth
PREGNANCY: הריון הריונית בהיריון היריון pregnant pregnancy
HEARING: שמיעה hearing
FISHTANK: אקווריום אקווריומים aquarium
CAGE: כלוב כלובים cage
BIRD: ציפור ציפורים bird birds
PARROT: תוכי תוכים parrot
RABBIT: ארנב ארנבים ארנבת rabbit
HAMSTER: אוגר אוגרים hamster
LEASH: רצועה רצועות קולר leash
ADOPT: אימוץ לאמץ מאמצים adoption adopt
TRAIN_DOGS: אילוף לאלף מאלף מאלפים
PUPPY: גור גורים puppy puppies
LAUNDRY: מכבסה מכבסים כביסות מכובס
BLANKET: שמיכה שמיכות blanket blankets
CURTAIN: וילון וילונות curtain curtains
TAILOR: תפירה תופרת תופר tailor sewing
HEM: מכפלת מכפלות לקצר קיצור
ZIP: רוכסן רוכסנים zipper
STAIN: כתם כתמים stain stains
SOLE: סוליה סוליות
HEEL: עקב עקבים heel
FURNITURE: רהיט רהיטים ריהוט furniture
TABLE: שולחן שולחנות table tables
BED: מיטה מיטות bed beds
CLOSET: ארון ארונות closet
KITCHEN: מטבח מטבחים kitchen
ASSEMBLE: מורכב מורכבת מורכבים הרכבה להרכיב מרכיבים assembly
DISMANTLE: פירוק לפרק מפרקים
WOOD: עץ wood
LEATHER: עור leather
JEWELRY: תכשיט תכשיטים jewelry
RING: טבעת טבעות ring rings
GOLD: זהב gold
DIAMOND: יהלום יהלומים diamond
ENGRAVE: חריטה לחרוט חורטים חריטת engraving
WATCH: שעון שעונים watch watches
BOOK: ספרים books
USED: משומש משומשים משומשת משומשות used
TOYS: צעצוע צעצועים toys
GUITAR: גיטרה גיטרות guitar
DRUMS: תופים drums
VIOLIN: כינור violin
DANCE: ריקוד ריקודים מחול לרקוד dance
BALLET: בלט ballet
HIPHOP: היפהופ hiphop
MATH: מתמטיקה math
PHYSICS: פיזיקה physics
TUTOR: תגבור תגבורים tutoring
ONLINE: זום אונליין מקוון מקוונת מרחוק zoom online
RECORDING: הקלטה הקלטות recording
CERTIFICATE: תעודות דיפלומה certificate diploma
LEVEL: רמה רמות level levels
BEGINNER: מתחילים מתחילות beginners
ADVANCED: מתקדמים מתקדמות advanced
ADULTS: מבוגר מבוגרים מבוגרות adults adult
TRANSPORT: הסעה הסעות הסעת מסיעים shuttle transport
SOLAR: סולארי סולארית סולאריים solar
GAS: גז gas
WATER: מים water
HEATER: תנור רדיאטור heater
GARDENER: גנן גננים גינון gardening gardener
TREE: עץ עצים tree trees
PRUNE: גיזום לגזום גוזמים
LAWN: דשא lawn
IRRIGATION: השקיה
CAMERA: מצלמה מצלמות camera cameras
ALARM: אזעקה אזעקות alarm
GATE: שער שערים
ROOF: גג גגות roof
TENT: אוהל אוהלים tent
FRIDGE: מקרר מקררים fridge refrigerator
OVEN: תנורים oven
DISHWASHER: מדיח מדיחים dishwasher
TV: טלוויזיה טלוויזיות tv television
FIREPLACE: קמין fireplace
BBQ: מנגל ברביקיו bbq barbecue
BALCONY: מרפסת מרפסות balcony
VIEW: נוף view
BEACH: חוף beach sea
LINEN: מצעים מצע linen
MIKVEH: מקווה
SHABBATMEALS: סעודה סעודות
BUFFET: בופה מזנון buffet
ICECREAM: גלידה גלידות icecream
DESSERT: קינוח קינוחים dessert desserts
SOUP: מרק מרקים soup
SALAD: סלט סלטים salad salads
PIZZA: פיצה פיצות pizza
BURGER: המבורגר המבורגרים burger
SUSHI: סושי sushi
CHICKEN: עוף chicken
CHEESE: גבינה גבינות cheese
SPICY: חריף חריפה spicy
BEER: בירה בירות beer
BAR: בר bar
LIVE: הופעה הופעות live
KARAOKE: קריוקי karaoke
PLAYGROUND: גימבורי משחקייה ג׳ימבורי playground
ANIMATOR: הפעלה הפעלות מפעיל מפעילה
CLOWN: ליצן ליצנית clown
CANDLES: נר נרות candles
CHUPPAH: חופה
GENERATOR: גנרטור generator
STAGE: במה stage
PROJECTOR: מקרן projector
SCAN: סריקה לסרוק סורקים סריקות scan
LAMINATE: למינציה
BINDING: כריכה כריכות
POSTER: פוסטר פוסטרים poster
SHIRT: חולצה חולצות shirt shirts
TRANSLATE: תרגום תרגומים לתרגם מתרגמים translation
APOSTILLE: אפוסטיל apostille
NOTARY: נוטריוני נוטריונית notary
ACCIDENT: תאונה תאונות accident
INHERITANCE: ירושה ירושות
PAYSLIP: תלוש תלושים
DATA: נתונים data
RECOVER: שחזור לשחזר משחזרים recovery
VIRUS: וירוס וירוסים virus
TABLET: טאבלט טאבלטים ipad
CHARGER: מטען מטענים charger
COVER: כיסוי כיסויים
SPARE: חלפים חלף
HYBRID: היברידי היברידית היברידיים hybrid
DIESEL: דיזל diesel
GEAR: גיר גירים gear
DIAGNOSE: אבחון אבחונים לאבחן מאבחנים דיאגנוסטיקה diagnosis diagnostics
TINT: השחרה
BOWLING: באולינג bowling
LANE: מסלול מסלולים lane
SKATES: גלגיליות סקטים
HELMET: קסדה קסדות helmet
HORSE: סוס סוסים horse
SURF: גלישה לגלוש surf surfing
DIVE: צלילה לצלול diving
CLIMB: טיפוס לטפס climbing
BOXING: אגרוף boxing
JUDO: ג׳ודו judo
KARATE: קראטה karate
EQUIPMENT: ציוד equipment gear
LOAN_EQUIPMENT: השאלה להשאיל משאילים
SAMPLE: דוגמה דוגמאות דוגמית sample samples
CATALOG: קטלוג catalog catalogue
IMPORT: יבוא מיובא מיובאים import
POINTS: נקודות points
CLUB: מועדון club
NOISE: רעש רעשים noise
QUIET: שקט שקטה quiet
INSTRUCTIONS: הוראות הוראה instructions
SAFE: כספת safe
LUGGAGE: מזוודה מזוודות luggage suitcase
NOTIFY: להודיע מודיעים הודעה התראה notify notice
POSTPONE: דחייה דחיה לדחות דוחים נדחה נדחתה postpone
SAMEDAY: באותויום
WEAR: ללבוש לובשים לבוש מתלבשים wear
MONEYBACK: החזר
CERTIFIED: מוסמך מוסמכת מוסמכים הסמכה certified
FIELD: תחום ענף
BENEFIT: הטבה הטבות הנחה הנחות
ILL: חולה מחלה מחלות sick ill
REMOVE: להוריד מורידים הורדה הורדת הסרה הסרת להסיר מסירים יורד יורדים יורדת
LASTMOMENT: ברגעהאחרון
SHOW: להראות להציג מציגים הצגה show
MEETING: פגישה פגישות פגישת meeting meetings
PACKAGE: חבילה חבילות חבילת package packages
BUDGET: תקציב budget
"""
