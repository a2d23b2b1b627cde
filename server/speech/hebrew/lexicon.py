"""The common words of phone conversations in Hebrew, with vowels and stress, checked by hand.

Phonemes as in ``mnemonics``. Where undotted spelling has several readings, the one a business's
answers use. Words with a definite article or a preposition are here only when the prefix does not
read as ``phonemes`` would read it.
"""

from __future__ import annotations

from typing import Final

_NUMBERS = """
אפס 'efes; אחת ax'at; אחד ex'ad; שתיים St'ajim; שתים St'ejm; שניים Sn'ajim; שנים Sn'ejm; שתי St'ej
שני Sn'ej; שלוש Sal'oS; שלושה SloS'a; ארבע 'arba; ארבעה arba?'a; חמש xam'eS; חמישה xamiS'a
שש S'eS; שישה SiS'a; שבע S'eva; שבעה Siv'a; שמונה Sm'one; תשע t'eSa; תשעה tiS'a; עשר 'eser
עשרה asar'a; עשרים esr'im; שלושים SloS'im; ארבעים arba?'im; חמישים xamiS'im; שישים SiS'im
שבעים Siv'im; שמונים Smon'im; תשעים tiS'im; מאה me?'a; מאות me?'ot; מאתיים mat'ajim; אלף 'elef
אלפיים alp'ajim; אלפים alaf'im; מיליון milj'on; שלושת Sl'oSet; ארבעת arb'a?at; חמשת xam'eSet
ששת S'eSet; שבעת Siv'at; שמונת Smon'at; תשעת tiS'at; עשרת as'eret; חצי x'etsi; רבע r'eva
נקודה nekud'a; מינוס m'inus; פלוס plus; אחוז ax'uz; אחוזים axuz'im; ראשון riS'on; שלישי SliS'i
רביעי revi?'i; חמישי xamiS'i; שישי SiS'i; שבת Sab'at; ראשונה riSon'a; שנייה Snij'a; כפול kaf'ul
כוכבית koxav'it; סולמית sulam'it; שטרודל Str'udel
"""

_TIME = """
יום j'om; ימים jam'im; ימי jem'ej; שעה Sa?'a; שעות Sa?'ot; שעתיים Sa?at'ajim; דקה dak'a
דקות dak'ot; שבוע Sav'u?a; שבועות Savu?'ot; שבועיים Sevu?'ajim; חודש x'odeS; חודשים xodaS'im
שנה San'a; שנות Sn'ot; היום haj'om; מחר max'ar; מחרתיים moxrot'ajim; אתמול etm'ol; עכשיו axS'av
כרגע kar'ega; רגע r'ega; עוד 'od; בוקר b'oker; צהריים tsohor'ajim; ערב 'erev; לילה l'ajla
לילות lejl'ot; חצות xats'ot; בבוקר bab'oker; בצהריים batsohor'ajim; בערב ba?'erev; בלילה bal'ajla
הלילה hal'ajla; אחרי axar'ej; לפני lifn'ej; אחר ax'ar; מאוחר me?ux'ar; מוקדם mukd'am; מיד mij'ad
מייד mij'ad; תמיד tam'id; פעם p'a?am; פעמים pe?am'im; הפעם hap'a?am; בקרוב bekar'ov
בהקדם behekd'em; סוף sof; מתי mat'aj; זמן zm'an; זמנים zman'im; זמין zam'in; זמינה zmin'a
זמינים zmin'im; חג x'ag; חגים xag'im; מוצאי motsa?'ej; אמצע 'emtsa; ינואר j'anuar; פברואר f'ebruar
מרץ m'erts; אפריל apr'il; מאי m'aj; יוני j'uni; יולי j'uli; אוגוסט 'ogust; ספטמבר sept'ember
אוקטובר okt'ober; נובמבר nov'ember; דצמבר dets'ember; שעתים Sa?at'ajim; ראשונים riSon'im
קודם k'odem; בינתיים bejnt'ajim; פעמיים pa?am'ajim; לאחרונה la?axron'a
"""

_SMALL = """
אני an'i; אתה at'a; את at; אתם at'em; אתן at'en; הוא h'u; היא h'i; הם h'em; הן h'en; אנחנו an'axnu
אנו 'anu; זה z'e; זאת z'ot; זו z'o; אלה 'ele; אלו 'elu; מה m'a; מי m'i; איך 'ejx; איפה 'ejfo
כמה k'ama; למה l'ama; מדוע mad'u?a; לאן le?'an; מאיפה me?'ejfo; איזה 'ejze; איזו 'ejzo; אילו 'ejlu
האם ha?'im; כן k'en; לא l'o; אין 'ejn; יש j'eS; או 'o; אם im; כי k'i; אז 'az; גם g'am; רק r'ak
אבל av'al; אלא 'ela; על al; אל el; של Sel; עם im; עד ad; בין bejn; ליד lej'ad; מול m'ul
תחת t'axat; מעל me?'al; מתחת mit'axat; בלי bl'i; ללא lel'o; לפי lef'i; כמו km'o; כדי kd'ej
כאשר ka?aS'er; כש kSe; אשר aS'er; שאם Se?'im; לי l'i; לך lex'a; לו l'o; לה l'a; לנו l'anu
לכם lax'em; לכן lax'en; להם lah'em; בו b'o; בה b'a; בי b'i; בהם bah'em; שלי Sel'i; שלך Selx'a
שלו Sel'o; שלה Sel'a; שלנו Sel'anu; שלכם Selax'em; שלהם Selah'em; אותי ot'i; אותך otx'a; אותו ot'o
אותה ot'a; אותנו ot'anu; אתכם etx'em; אותם ot'am; אליי el'aj; אלי el'aj; אליך el'exa; אליו el'av
אליה el'eha; אלינו el'ejnu; אליכם alejx'em; אליהם alejh'em; עליו al'av; עלינו al'ejnu
אצלנו etsl'enu; אצלכם etslex'em; איתנו it'anu; איתכם itx'em; איתי it'i; אתנו it'anu; ממנו mim'enu
עליך al'exa; כאן k'an; פה p'o; שם S'am; הנה h'ine; מאוד me?'od; מאד me?'od; יותר jot'er
פחות pax'ot; הכי hax'i; כל k'ol; הכל hak'ol; הכול hak'ol; כולל kol'el; כוללת kol'elet
כוללים kolel'im; כלול kal'ul; כלולה klul'a; אחרת ax'eret; אחרים axer'im; עצמי atsm'i
בערך be?'erex; בדיוק bedij'uk; בכלל bixl'al; לגמרי legamr'ej; אולי ul'aj; בטח b'etax
בוודאי bevad'aj; כמובן kamuv'an; כבר kv'ar; עדיין ad'ajin; שוב S'uv; ככה k'axa; כך k'ax
לכל lex'ol; בכל bex'ol; מכל mik'ol; שכל Sek'ol; וכל vex'ol; ישר jaS'ar; חוץ x'uts; רוב r'ov
חלק x'elek; דרך d'erex; לגבי legab'ej; עבור av'ur; בשביל biSv'il; בגלל bigl'al; מפני mipn'ej
למרות lamr'ot; וכולי vexul'ej; סך s'ax; ידי jed'ej; שום S'um; כלום kl'um; משהו m'aSehu
מישהו m'iSehu; דבר dav'ar; דברים dvar'im; אנד 'end; כדאי kd'aj; צריך tsar'ix; צריכה tsrix'a
צריכים tsrix'im; חייב xaj'av; חייבים xajav'im; אפשר efS'ar; אי i; סוג s'ug; סוגי sug'ej
סוגים sug'im; בהחלט behexl'et; לבד lev'ad; ביחד bej'axad; יחד j'axad; אך 'ax
"""

_TALK = """
שלום Sal'om; תודה tod'a; בבקשה bevakaS'a; סליחה slix'a; להתראות lehitra?'ot; ברוכים brux'im
ברוך bar'ux; הבאים haba?'im; הבאה haba?'a; הבא hab'a; נעים na?'im; בסדר bes'eder; סדר s'eder
טוב t'ov; טובה tov'a; טובים tov'im; מצוין metsuj'an; נהדר nehed'ar; יופי j'ofi; מעולה me?ul'e
נכון nax'on; ברור bar'ur; אוקיי ok'ej; הלו hal'o; היי h'aj; ביי b'aj; בעיה be?aj'a; בעיות be?aj'ot
תקלה takal'a; טעות ta?'ut; שאלה Se?el'a; שאלות Se?el'ot; תשובה tSuv'a; הודעה hoda?'a
הודעות hoda?'ot; שיחה six'a; שיחות six'ot; קו k'av; קווים kav'im; מספר misp'ar; מספרים mispar'im
טלפון t'elefon; נייד naj'ad; פקס faks; מייל m'ejl; אימייל im'ejl; דואר d'o?ar; שמות Sem'ot
נציג nats'ig; נציגה netsig'a; נציגים netsig'im; נציגת netsig'at; עוזר oz'er; עוזרת oz'eret
עזרה ezr'a; אוטומטית otom'atit; אוטומטי otom'ati; וירטואלית virtu?'alit; סבלנות savlan'ut
המתנה hamtan'a; חזרה xazar'a; מקש mak'aS; ספרה sifr'a; ספרות sfar'ot; מדבר medab'er
מדברת medab'eret; מדברים medabr'im; מדובר medub'ar; במה bem'e; שמעתי Sam'ati; שמענו Sam'anu
הבנתי hev'anti; קיבלתי kib'alti; קיבלנו kib'alnu; רשמתי raS'amti; רשמנו raS'amnu; הגעתם hig'atem
התקשרתם hitkaS'artem; התקשרת hitkaS'arta; אמרת am'arta; בודקת bod'eket; בודק bod'ek
בודקים bodk'im; מעבירה ma?avir'a; מעביר ma?av'ir; מקשיבה makSiv'a; מוקלטת mukl'etet; ממתין mamt'in
ממתינים mamtin'im; המתינו hamt'inu; השאירו haS'iru; הקישו hak'iSu; לחצו lax'atsu; אמרו imr'u
ניפרד nipar'ed; נחזור naxz'or; יחזור jaxz'or; תחזור taxz'or; אחזור axz'or; אשמח esm'ax
נשמח nism'ax; תודות tod'ot; עומדת om'edet; עומד om'ed; הצפון hatsaf'on; צליל tslil; כנראה kanir'e
תגידו tag'idu; תגיד tag'id; ספרו sapr'u; קוראים kor'im; קורא kor'e; שואל So?'el; עונה on'e
עונים on'im; אומר om'er; אומרים omr'im; קצר kats'ar; קצרה ktsar'a
"""

_VERBS = """
לעזור la?az'or; לשלם leSal'em; לחזור laxz'or; לקחת lak'axat; לענות la?an'ot; לדבר ledab'er
לקבוע likb'o?a; לבטל levat'el; להזמין lehazm'in; לשנות leSan'ot; לבדוק livd'ok; להגיע lehag'i?a
לבוא lav'o; ללכת lal'exet; לתת lat'et; לקבל lekab'el; לשלוח liSl'o?ax; להשאיר lehaS'ir
להמתין lehamt'in; לחכות lexak'ot; לשמוע liSm'o?a; לשאול liS'ol; לומר lom'ar; להגיד lehag'id
לדעת lad'a?at; לראות lir'ot; לעשות la?as'ot; להיות lihj'ot; לרשום lirS'om; להסתיים lehistaj'em
להתקשר lehitkaS'er; להעביר leha?av'ir; לקנות likn'ot; למכור limk'or; לאכול le?ex'ol
לפתוח lift'o?ax; לסגור lisg'or; להביא lehav'i; לצאת lats'et; לשבת laS'evet; להחזיר lehaxz'ir
להחליף lehaxl'if; לתקן letak'en; לחנות laxn'ot; להירשם leheraS'em; לברר levar'er; לדווח ledav'e?ax
לאשר le?aS'er; לתאם leta?'em; לוקח lok'e?ax; לוקחת lok'axat; לוקחים lokx'im; עולה ol'e
עולים ol'im; עלות al'ut; מגיע mag'i?a; מגיעים magi?'im; נותן not'en; נותנים notn'im; עושה os'e
עושים os'im; רוצה rots'e; רוצים rots'im; יכול jax'ol; יכולה jexol'a; יכולים jexol'im; יודע jod'e?a
יודעת jod'a?at; יודעים jod'im; אוהב oh'ev; חושב xoS'ev; מחפש mexap'es; מחכה mexak'e
מחכים mexak'im; עובד ov'ed; עובדת ov'edet; עובדים ovd'im; פתוח pat'u?ax; פתוחה ptux'a
פתוחים ptux'im; סגור sag'ur; סגורה sgur'a; סגורים sgur'im; נמצא nimts'a; נמצאים nimtsa?'im
נמצאת nimts'et; מקבלים mekabl'im; מקבל mekab'el; מתקבלים mitkabl'im; מציעים matsi?'im
מזמינים mazmin'im; מוזמנים muzman'im; מוזמן muzm'an; שולחים Solx'im; חוזרים xozr'im; חוזר xoz'er
נכנסים nixnas'im; יוצאים jots'im; משלמים meSalm'im; מחייבים mexajv'im; מתחיל matx'il
מתחילים matxil'im; מסתיים mistaj'em; קיים kaj'am; קיימת kaj'emet; היה haj'a; היתה hajt'a
הייתה hajt'a; היו haj'u; יהיה jihj'e; תהיה tihj'e; יהיו jihj'u; הלך hal'ax; בא b'a; באים ba?'im
הולך hol'ex; צריכות tsrix'ot; נשלח niSl'ax; מוכן mux'an; מוכנה muxan'a; תלוי tal'uj; ניתן nit'an
נתן nat'an; שוטף Sot'ef; שלח Sal'ax; אמר am'ar; רושמים roSm'im; מומלץ muml'ats; כתוב kat'uv
רשום raS'um; תפוס taf'us; פנוי pan'uj; פנויה pnuj'a; פנויים pnuj'im; כלולים klul'im
מוגשת mug'eSet; מאשרים me?aSr'im; מתקפלות mitkapl'ot; מחוממת mexum'emet
"""

_BUSINESS = """
מוסך mus'ax; גפן g'efen; טיפול tip'ul; טיפולים tipul'im; שמן S'emen; מסנן masn'en; רכב r'exev
מכונית mexon'it; תחנה taxan'a; תחנת taxan'at; דלק d'elek; חצר xats'er; חניה xanaj'a; חנייה xanaj'a
חינם xin'am; חינמית xinam'it; אשראי aSr'aj; כרטיס kart'is; מזומן mezum'an; ביט b'it; שקל S'ekel
שקלים Skal'im; שקלי Sikl'ej; אגורות agor'ot; אגורה agor'a; דולר d'olar; אירו 'ejro; מחיר mex'ir
מחירים mexir'im; מחירון mexir'on; הנחה hanax'a; הנחות hanax'ot; מבצע mivts'a; מבצעים mivtsa?'im
תשלום taSl'um; תשלומים taSlum'im; קבלה kabal'a; חשבונית xeSbon'it; מעם m'a?am; כסף k'esef
העברה ha?avar'a; בנק b'ank; פיקדון pikad'on; ביטול bit'ul; ביטולים bitul'im; תור t'or
תורים tor'im; פגישה pgiS'a; פגישות pgiS'ot; הזמנה hazman'a; הזמנות hazman'ot; משלוח miSl'o?ax
משלוחים miSlox'im; שירות Ser'ut; שירותים Serut'im; שירותי Serut'ej; לקוח lak'o?ax; לקוחות lakox'ot
עסק 'esek; חברה xevr'a; חברת xevr'at; חנות xan'ut; חנויות xanuj'ot; סניף sn'if; סניפים snif'im
משרד misr'ad; מרפאה mirpa?'a; מסעדה mis?ad'a; כתובת kt'ovet; רחוב rex'ov; ברחוב birx'ov
שדרות sder'ot; עיר 'ir; כניסה knis'a; יציאה jetsi?'a; קומה kom'a; בניין binj'an; מעלית ma?al'it
חדר x'eder; חדרים xadar'im; דירה dir'a; דירות dir'ot; בית b'ajit; הבית hab'ajit; מקום mak'om
מקומות mekom'ot; אזור ez'or; מיקום mik'um; שולחן Sulx'an; ילד j'eled; ילדים jelad'im; ילדה jald'a
אישה iS'a; אנשים anaS'im; איש 'iS; אדם ad'am; זוג z'ug; לזוג lez'ug; משפחה miSpax'a; תינוק tin'ok
כלב k'elev; מבוגר mevug'ar; סטודנט stud'ent; סטודנטים stud'entim; אחריות axraj'ut; תעודת te?ud'at
תעודה te?ud'a; זהות zeh'ut; כשר kaS'er; כשרות kaSr'ut; אוכל 'oxel; ארוחה arux'a; ארוחת arux'at
ארוחות arux'ot; קפה kaf'e; תפריט tafr'it; מנה man'a; מנות man'ot; מים m'ajim; בשר bas'ar
טבעוני tiv?on'i; פיצה p'itsa; לחם l'exem; סלט sal'at; עוגה ug'a; רופא rof'e; רופאה rof'a
רופאת rof'at; שיניים Sin'ajim; בדיקה bdik'a; תספורת tisp'oret; צבע ts'eva; תיקון tik'un
תיקונים tikun'im; חשמל xaSm'al; מזגן mazg'an; מחשב maxS'ev; מסך mas'ax; סוללה solel'a
צמיגים tsmig'im; בלמים blam'im; מבחן mivx'an; טסט t'est; רישיון riSaj'on; ביטוח bit'u?ax
אינטרנט 'internet; אתר at'ar; אפליקציה aplik'atsja; ווטסאפ v'atsap; וואטסאפ v'atsap; וויי v'aj
פיי f'aj; בגליל bagal'il; מידע mejd'a; פרטים prat'im; פרטי prat'i; פרטית prat'it; פעילות pe?il'ut
פתיחה ptix'a; סגירה sgir'a; נוף n'of; צימר ts'imer; עץ 'ets; זוגיות zugij'ot; סוויטה sv'ita
בריכה brex'a; שבר S'ever; עורך or'ex; דין d'in; דוקטור d'oktor; פרופסור prof'esor; רבוע rav'u?a
קילו k'ilo; קילומטר kilom'eter; קילוגרם kilogr'am; מטר m'eter; סנטימטר sentim'eter; גרם gr'am
ליטר l'iter; יחידה jexid'a; מוצר muts'ar; מוצרים mutsar'im; מלאי mel'aj; גדול gad'ol; גדולה gdol'a
קטן kat'an; קטנה ktan'a; קטנים ktan'im; חדש xad'aS; חדשה xadaS'a; חדשים xadaS'im; ישן jaS'an
יקר jak'ar; זול z'ol; קרוב kar'ov; רחוק rax'ok; חם x'am; קר k'ar; מלא mal'e; ריק r'ek; נגיש nag'iS
נגישות negiS'ut; ימין jam'in; ימינה jam'ina; שמאל sm'ol; שמאלה sm'ola; צפון tsaf'on; דרום dar'om
מרכז merk'az; ישראל jisra?'el; תל t'el; אביב av'iv; ירושלים jeruSal'ajim; חולון xol'on
חיפה x'ejfa; באר b'e?er; לציון letsij'on; פתח p'etax; תקווה t'ikva; נתניה net'anja; אשדוד aSd'od
רמת ram'at; גן g'an; גבעתיים giv?at'ajim; הרצליה herts'elja; רעננה ra?an'ana; כפר kf'ar; סבא s'aba
אילת ejl'at; בת b'at; ים j'am; לוד l'od; מודיעין modi?'in; דנה d'ana; דוד dav'id; משה moS'e
יוסי j'osi; כהן k'ohen; לוי lev'i; אברהם avrah'am; מיכל mix'al; רות r'ut; שרה s'ara; דני d'ani
רונית ron'it; עוגות ug'ot; פרח p'erax
"""

_LOANS_AND_TRADES = """
חוזה xoz'e; מורה mor'e; רואה ro?'e; קונה kon'e; משקה maSk'e; משקאות maSka?'ot; הודעת hoda?'at
צוות ts'evet; קורס k'urs; קורסים k'ursim; שיעור Si?'ur; כביש kv'iS; רנטגן r'entgen
אוטובוס 'otobus; רכבת rak'evet; תוספות tosaf'ot; גלוטן gl'uten; מינימום m'inimum; אלרגיה al'ergija
כשרים kSer'im; נהג nah'ag; החזר hexz'er; סנדוויץ' s'endvitS; המבורגר h'amburger; צ'יפס tS'ips
אינסטלטור instal'ator; ג'קוזי dZak'uzi; צ'ק tS'ek; צ'קים tS'ekim; מגיעה magi?'a; מגיעות magi?'ot
פיצות p'itsot; קולה k'ola; מניקור manik'ur; פדיקור pedik'ur; פן f'en; שמלה siml'a; חולצה xults'a
משלוחי miSlox'ej; קיבוץ kib'uts; מושב moS'av; תינוקות tinok'ot; מסגרות misgar'ot; בצל bats'al
אננס 'ananas; פטריות pitrij'ot; מגש mag'aS; מוזיקה m'uzika; מיקרו m'ikro; מטבח mitb'ax; גז g'az
וי v'i; קליניקה kl'inika; מסאז' mas'aZ; ז'קט Z'aket; בייבי b'ejbi; סושי s'uSi; פסטה p'asta
קוד k'od; וידאו v'ide?o; אונליין onl'ajn; סלון sal'on; מדריך madr'ix; דואל d'o?al
פייסבוק f'ejsbuk; אינסטגרם 'instagram; זום z'um; וואלה v'ala; וואו v'a?u; וויז v'ejz; דמי dm'ej
שווי S'ovi; התחייבות hitxajv'ut; עברית ivr'it; אנגלית angl'it; צרפתית tsarfat'it; הערכת ha?arax'at
ערבים arev'im; שכר sax'ar; נכסים nexas'im; חניון xenj'on; שכירות sxir'ut; סמוך sam'ux; אבן 'even
בלפור b'alfur; קומת kom'at; קרקע kark'a; כתר k'eter; הראל har'el; גיל g'il; מגיל mig'il
נכים nex'im; ראש r'oS; מראש mer'oS; צורך ts'orex; החל hax'el; כלה kal'a; שפם saf'am; איסוף is'uf
תיאום te?'um; ריבית rib'it; מספרה mispar'a; אימון im'un; אימונים imun'im; סאונה s'a?una
יוגה j'oga; אמוניה am'onja; מנוי man'uj; שנתי Snat'i; חודשי xodS'i; נגישה negiS'a; נגישים negiS'im
כיסא kis'e; כיסאות kis'ot; אירועים eru?'im; אירוע er'u?a; עיקרית ikar'it; למהדרין lamehadr'in
כשרה kSer'a; בשרית bsar'it; מקלחות miklax'ot; מלתחות meltax'ot; מגבת mag'evet; מנעול man?'ul
הורים hor'im; בריאות bri?'ut; רפואית refu?'it; אישור iS'ur; הצהרת hatshar'at; מתאים mat?'im
מתאימה mat?im'a; וולט v'olt; סטייקים st'ejkim; המבורגרים h'amburgerim; סטרילי ster'ili
צליאק tsel'i?ak; קניון kanj'on; הדר had'ar; פילאטיס pil'ates; ספינינג sp'ining; זומבה z'umba
סיבוס s'ibus; ביס b'is; פנורמי panor'ami; קרטין kerat'in; גוונים gvan'im; שיער se?'ar
צומח tsom'e?ax; תוך t'ox; מרחק merx'ak; תיווך tiv'ux; שיננית Sinan'it; שתל S'etel; הסדר hesd'er
חירום xer'um; תורן tor'an; מקרי mikr'ej; כחול kax'ol; לבן lav'an; תסרוקת tisr'oket; בדיקת bdik'at
החלקת haxlak'at; רגישות regiS'ut; תוספת tos'efet; בתוספת betos'efet; בלעדיות bil?adij'ut
שיפודים Sipud'im; נפרד nifr'ad; אולם ul'am; ציבורי tsibur'i; סוכנים soxn'im; קופות kup'ot
חולים xol'im; לחולי lexol'ej; הרצל h'ertsel; רחובות rexov'ot; ירידה jerid'a; משש miS'eS
בשש beS'eS; לשש leS'eS; בבת beb'at; התקשרו hitkaSr'u; נסעו nas?'u; בתוך bet'ox
כרטיסייה kartisij'a; מוסכים musax'im; רכבים rexav'im; גיר g'ir; שמנים Sman'im; מנוע man'o?a
מצבר matsb'er; פנצר p'antSer; פנצ'ר p'antSer; גרר gr'ar; גרירה grir'a; פחחות paxax'ut; צמיג tsm'ig
בלם b'elem; מבחני mivxan'ej; רישוי riS'uj
"""

_PARTS: Final = (_NUMBERS, _TIME, _SMALL, _TALK, _VERBS, _BUSINESS, _LOANS_AND_TRADES)

NEVER_AFTER_PREFIX: Final = frozenset({"את", "שם", "עם", "אם", "כש"})
"""Words too short or too common to be the rest of a longer word after a prefix letter."""


def _parse(parts: tuple[str, ...]) -> dict[str, str]:
    entries: dict[str, str] = {}
    for line in "\n".join(parts).strip().splitlines():
        for entry in filter(None, (piece.strip() for piece in line.split(";"))):
            word, phonemes = entry.split()
            entries[word] = phonemes
    return entries


LEXICON: Final[dict[str, str]] = _parse(_PARTS)
"""Undotted word -> phonemes."""
