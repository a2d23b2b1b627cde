"""The calls of the demo garage, in Hebrew; each kind happens several times."""

from __future__ import annotations

from server.demo.story import Story, agent, caller, filler, message, prepared

_BYE = agent("תודה שהתקשרתם למוסך הגפן. יום טוב ולהתראות!")
_CHECKING = filler("רגע, אני בודקת.")
_SORRY = message("סליחה, יש לנו תקלה קטנה. אשמח לקחת הודעה ונחזור אליכם. במה מדובר?")
_WHO = message("קיבלתי. איך קוראים לכם?")
_NOTED = message("רשמתי, נחזור אליכם בהקדם. להתראות!")

PRICE = Story(
    (caller("שלום, כמה עולה טיפול שוטף?"), prepared("price"), caller("תודה רבה, ביי")),
    "שאלה על מחיר טיפול שוטף",
    ("נמסר מחיר הטיפול, כולל שמן ומסנן.", "הייתה זו שאלה קצרה, בלי לקבוע תור."),
    fields={"need": "מחיר טיפול שוטף", "sentiment": "neutral"},
    often=7,
)
HOURS = Story(
    (
        caller("מתי אתם פתוחים?"),
        prepared("hours"),
        caller("ועד איזו שעה בשישי?"),
        prepared("hours", heard=0.7),
        caller("מצוין, תודה"),
    ),
    "שאלה על שעות הפתיחה",
    ("נמסרו שעות הפתיחה באמצע השבוע וביום שישי.", "אין צורך בהמשך טיפול."),
    fields={"need": "שעות פתיחה", "sentiment": "positive"},
    often=7,
)
ADDRESS = Story(
    (
        caller("היי, איפה אתם נמצאים?"),
        prepared("address"),
        caller("ויש חניה במקום?"),
        prepared("parking"),
        caller("יופי, בדרך אליכם"),
    ),
    "בדרך למוסך, שאלה על כתובת וחניה",
    ("נמסרה הכתובת ליד תחנת הדלק.", "יש חניה חינם בחצר, וזה התאים."),
    fields={"need": "כתובת וחניה", "sentiment": "positive"},
    often=5,
)
PAYMENT = Story(
    (
        caller("אפשר לשלם אצלכם בביט?"),
        prepared("payment_methods"),
        caller("סבבה, תודה"),
    ),
    "שאלה על אמצעי תשלום",
    ("נמסר שאפשר לשלם באשראי, במזומן או בביט.", "השיחה הסתיימה בתודה."),
    fields={"need": "אמצעי תשלום", "sentiment": "neutral"},
    often=4,
)
SERVICE = Story(
    (
        caller("שלום, אני רוצה לקבוע טיפול שוטף"),
        agent("בשמחה. איך קוראים לכם?"),
        caller("{name}"),
        agent("נעים מאוד, {name}. איזה רכב?"),
        caller("{car}"),
        agent("מצוין. לאיזה יום ושעה נוח לכם להביא את {car} לטיפול, ויש עוד משהו?", heard=0.55),
        caller("ביום {day} ב{hour}"),
        agent("רשמתי: {name}, {car}, טיפול שוטף ביום {day} ב{hour}. המוסך יחזור לאישור. נכון?"),
        caller("נכון, תודה רבה"),
        _BYE,
    ),
    "טיפול שוטף ל{car} ביום {day}",
    ("{name}: תור ביום {day} ב{hour}.", "ממתינים לשיחה מהמוסך שתאשר את התור."),
    "לאשר תור ביום {day} ב{hour}",
    {"need": "טיפול שוטף", "time": "יום {day} ב{hour}", "sentiment": "positive"},
    named=True,
    end_reason="agent_goodbye",
    tags=("תור",),
    often=6,
)
ROAD_TEST = Story(
    (
        caller("אתם עושים הכנה לטסט?"),
        _CHECKING,
        agent("כן, אנחנו מכינים רכב פרטי לטסט. תרצו שיחזרו אליכם עם תור?"),
        caller("כן, ביום {day} אם אפשר"),
        agent("בשמחה. איך קוראים לכם ואיזה רכב?"),
        caller("{name}, {car}"),
        agent("רשמתי, {name}. המוסך יחזור אליכם לאישור של יום {day}."),
        caller("תודה, להתראות"),
        _BYE,
    ),
    "הכנה לטסט ל{car}",
    ("{name}: אפשר להביא את הרכב ביום {day}.", "המוסך צריך לחזור ולאשר את התור."),
    "לחזור עם תור לטסט",
    {"need": "הכנה לטסט", "time": "יום {day}", "sentiment": "neutral"},
    named=True,
    end_reason="agent_goodbye",
    tags=("טסט",),
    often=4,
)
BATTERY = Story(
    (
        caller("האוטו לא מניע, כנראה המצבר. כמה עולה להחליף?"),
        agent("המחיר נקבע רק אחרי בדיקה. אפשר להביא את הרכב היום, או שיחזרו אליכם?"),
        caller("שיחזרו אליי, הרכב תקוע בבית"),
        agent("ברור. איך קוראים לכם?"),
        caller("{name}, זה {car}"),
        agent("תודה {name}. רשמתי שהרכב לא מניע, ויחזרו אליכם בהקדם."),
    ),
    "הרכב לא מניע, כנראה המצבר",
    ("{car} תקוע בבית, והמחיר ייקבע אחרי בדיקה.", "{name}: ממתינים לשיחה חוזרת."),
    "לחזור בהקדם, הרכב תקוע",
    {"need": "החלפת מצבר", "time": "היום", "sentiment": "negative"},
    named=True,
    tags=("דחוף",),
    often=3,
)
BRAKES = Story(
    (
        caller("יש לי רעש מהבלמים בעצירה"),
        agent("כדאי לבדוק את זה בהקדם. איזה רכב, ומתי נוח לכם להגיע?"),
        caller("{car}, מחר בבוקר"),
        agent("ואיך קוראים לכם?"),
        caller("{name}"),
        agent("רשמתי, {name}: רעש בבלמים, {car}, מחר בבוקר. יחזרו אליכם לאישור."),
        caller("מעולה"),
    ),
    "רעש מהבלמים ב{car}",
    ("{name}: הגעה מחר בבוקר לבדיקה.", "יש לחזור ולאשר את השעה."),
    "לאשר בדיקת בלמים מחר בבוקר",
    {"need": "בדיקת בלמים", "time": "מחר בבוקר", "sentiment": "neutral"},
    named=True,
    often=3,
)
COOLING = Story(
    (
        caller("המזגן באוטו לא מקרר, ויש לי תקציב של עד אלף שקל"),
        agent("הבנתי. צריך בדיקה לפני שנוקבים במחיר. איך קוראים לכם?"),
        caller("{name}, יש לי {car}"),
        agent("תודה. מתי נוח לכם להשאיר את הרכב לבדיקה?"),
        caller("יום {day} כל היום"),
        agent("רשמתי, {name}, יום {day}. יחזרו אליכם לאישור ולהערכת מחיר."),
    ),
    "מזגן לא מקרר ב{car}",
    ("{name}: אפשר להשאיר את הרכב ביום {day}.", "התקציב עד אלף שקל, המחיר אחרי בדיקה."),
    "לאשר בדיקה ולתת הערכת מחיר",
    {"need": "תיקון מזגן", "budget": "אלף שקל", "time": "יום {day}", "sentiment": "neutral"},
    named=True,
    often=2,
)
READY = Story(
    (
        caller("רציתי לדעת אם האוטו שלי מוכן, {car}"),
        _CHECKING,
        agent("אין לי איך לראות את זה מכאן. מי ששואל, בבקשה? אבקש שיחזרו אליכם."),
        caller("{name}, השארתי אותו אתמול"),
        agent("תודה {name}. מעבירה למוסך שיחזרו אליכם עם תשובה."),
    ),
    "האם {car} מוכן לאיסוף",
    ("{name}: הרכב במוסך מאתמול.", "צריך לבדוק ולחזור עם תשובה."),
    "לבדוק ולעדכן אם הרכב מוכן",
    {"need": "מצב הרכב במוסך", "sentiment": "neutral"},
    named=True,
    often=3,
)
COMPLAINT = Story(
    (
        caller("תיקנתם לי את הרכב לפני שבוע ואותה נורה שוב דולקת, זה לא בסדר"),
        agent("אני מצטערת לשמוע. אעביר את זה למנהל המוסך מיד, איך", heard=0.5),
        caller("אני רוצה שמישהו יחזור אליי היום"),
        agent("ברור. איך קוראים לכם?"),
        caller("{name}"),
        agent("תודה {name}. רשמתי שמבקשים שיחזרו עוד היום, ואני מעבירה את זה עכשיו."),
    ),
    "תלונה: נורת אזהרה חזרה אחרי תיקון",
    ("{name}: תיקון לפני שבוע, והנורה שוב דולקת.", "בקשה שמנהל המוסך יחזור עוד היום."),
    "מנהל המוסך יחזור עוד היום",
    {"need": "תלונה על תיקון", "time": "היום", "sentiment": "negative"},
    named=True,
    tags=("דחוף", "תלונה"),
    often=2,
)
BODY_WORK = (
    Story(
        (
            caller("אתם עושים פחחות?"),
            agent("אצלנו אין פחחות ואין צבע."),
            caller("חבל, תודה"),
        ),
        "שאלה אם עושים פחחות",
        ("נמסר שאין במוסך פחחות ואין צבע.", "השיחה הסתיימה בלי המשך."),
        fields={"need": "פחחות", "sentiment": "neutral"},
        often=2,
    ),
    Story(
        (
            caller("יש אצלכם פחחות?"),
            agent("אצלנו אין פחחות ואין צבע."),
            caller("אוקיי, ואתם מטפלים ברכב היברידי?"),
            agent("אנחנו מטפלים בכל סוגי הרכב הפרטי, גם ברכב היברידי."),
            caller("תודה"),
        ),
        "שאלות על פחחות ועל רכב היברידי",
        ("נמסר שאין פחחות וצבע.", "נמסר שהמוסך מטפל גם ברכב היברידי."),
        fields={"need": "רכב היברידי", "sentiment": "neutral"},
        often=2,
    ),
)
COURTESY_CAR = (
    Story(
        (
            caller("יש לכם רכב חלופי?"),
            agent("אין לנו רכב חלופי, אבל יש תחנת אוטובוס ממש ליד המוסך."),
            caller("הבנתי, תודה"),
        ),
        "שאלה על רכב חלופי בזמן הטיפול",
        ("נמסר שאין רכב חלופי.", "יש תחנת אוטובוס ליד המוסך."),
        fields={"need": "רכב חלופי", "sentiment": "neutral"},
        often=2,
    ),
    Story(
        (
            caller("אתם נותנים רכב חלופי?"),
            agent("אין לנו רכב חלופי, אבל יש תחנת אוטובוס ממש ליד המוסך."),
            caller("אז כמה זמן לוקח טיפול?"),
            prepared("duration"),
            caller("בסדר, אחכה במקום"),
        ),
        "רכב חלופי ומשך הטיפול",
        ("אין רכב חלופי; הטיפול נמשך בערך שלוש שעות.", "ההמתנה תהיה במקום."),
        fields={"need": "משך הטיפול", "sentiment": "positive"},
        often=2,
    ),
)
WHICH_ONE = Story(
    (
        caller("מה המחיר ומתי אתם פתוחים?"),
        message("למחיר או לשעות פתיחה?"),
        caller("למחיר"),
        prepared("price"),
        caller("והשעות?"),
        prepared("hours"),
        caller("תודה רבה"),
    ),
    "שאלה על מחיר ועל שעות הפתיחה",
    ("נמסרו מחיר הטיפול השוטף ושעות הפתיחה.", "אין צורך בהמשך טיפול."),
    fields={"need": "מחיר ושעות", "sentiment": "neutral"},
    often=2,
)
PERSON = Story(
    (
        caller("אפשר לדבר עם בן אדם?"),
        agent("בוודאי. אקח שם ומספר, ויחזרו אליכם. איך קוראים לכם?"),
        caller("{name}"),
        agent("תודה {name}. לחזור למספר שממנו התקשרתם?"),
        caller("כן"),
        agent("רשמתי, יחזרו אליכם בהקדם."),
    ),
    "בקשה לשיחה עם נציג",
    ("{name}: בקשה לדבר עם מישהו מהמוסך.", "לא נאמר במה מדובר, יש לחזור למספר שהתקשר."),
    "לחזור ל{name}",
    {"need": "שיחה עם נציג", "sentiment": "neutral"},
    named=True,
    often=2,
)
LOST_AGENT = Story(
    (
        caller("שלום, רציתי לקבוע תור להחלפת צמיגים"),
        _CHECKING,
        _SORRY,
        caller("תור להחלפת צמיגים ל{car}"),
        _WHO,
        caller("{name}"),
        _NOTED,
    ),
    "הודעה: תור להחלפת צמיגים",
    ("{name}: תור להחלפת צמיגים ל{car}.", "נלקחה הודעה, כי הסוכן הקולי לא היה זמין."),
    "לחזור ולקבוע תור לצמיגים",
    {"need": "החלפת צמיגים", "sentiment": "neutral"},
    named=True,
    end_reason="agent_goodbye",
    callback="too_slow",
    often=3,
)
TRANSFERRED = Story(
    (
        caller("תנו לי לדבר עם המנהל עכשיו, האוטו נתקע לי באמצע הכביש"),
        message("רגע, אני מעבירה אתכם."),
    ),
    "רכב תקוע בכביש, הועבר למנהל",
    ("השיחה הועברה לטלפון של מנהל המוסך.", "לא נאמרו עוד פרטים לפני ההעברה."),
    fields={"need": "רכב תקוע", "sentiment": "negative"},
    end_reason="transferred",
    tags=("דחוף",),
)
SILENT = Story(
    (message("אתם עדיין על הקו?"), message("תודה שהתקשרתם. יום טוב ולהתראות!")),
    "לא נאמר דבר",
    ("השיחה הסתיימה לפני שהמתקשר אמר משהו שאפשר לסכם.",),
    end_reason="silence",
)
HUNG_UP = Story(
    (),
    "לא נאמר דבר",
    ("השיחה הסתיימה לפני שהמתקשר אמר משהו שאפשר לסכם.",),
    often=2,
)
CAR_IS_READY = Story(
    (
        agent("שלום, כאן העוזרת האוטומטית של מוסך הגפן. נוח לכם לדבר?"),
        caller("כן, מי זה?"),
        agent("אני מתקשרת לומר שהרכב שלכם, {car}, מוכן לאיסוף עד חמש. מתי תגיעו?"),
        caller("אני אגיע בארבע"),
        agent("מצוין, נחכה לכם בארבע. להתראות!"),
    ),
    "הרכב מוכן, האיסוף בארבע",
    ("נמסר ש{car} מוכן לאיסוף.", "{name}: איסוף בשעה ארבע."),
    "להכין את הרכב לאיסוף בארבע",
    {"need": "איסוף הרכב", "time": "ארבע", "sentiment": "positive"},
    named=True,
    end_reason="agent_goodbye",
    direction="outbound",
    often=2,
)

HEBREW = (
    PRICE,
    HOURS,
    ADDRESS,
    PAYMENT,
    SERVICE,
    ROAD_TEST,
    BATTERY,
    BRAKES,
    COOLING,
    READY,
    COMPLAINT,
    *BODY_WORK,
    *COURTESY_CAR,
    WHICH_ONE,
    PERSON,
    LOST_AGENT,
    TRANSFERRED,
    SILENT,
    HUNG_UP,
    CAR_IS_READY,
)
SPOKEN = (SERVICE, ADDRESS, BATTERY)
"""Whose newest calls get a recording."""
