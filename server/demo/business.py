"""The demo business: a garage whose answers show what Maane does."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import Business, BusinessFaq, BusinessPhoneNumber

NUMBERS = ("+97233726000", "+1555")
"""A number as an Israeli business has it, and the short one of the curl checks."""

_AI_PROMPT = """\
את עוזרת קולית של מוסך הגפן בחולון, ועונה לטלפון במקום בעלי המוסך. דברי בעברית, בלשון נקבה, \
בחום ובקיצור: משפט או שניים בכל תשובה, ושאלה אחת בכל פעם.

מה המוסך עושה: טיפולים שוטפים, בלמים, מצברים, מיזוג אוויר, הכנה לטסט ותיקוני חשמל, לכל סוגי \
הרכב הפרטי. אין פחחות ואין צבע.
שעות הפתיחה: ראשון עד חמישי משמונה עד חמש, ובשישי עד אחת. בשבת סגור.
הכתובת: רחוב הגפן שתים עשרה, חולון, ליד תחנת הדלק. יש חניה חינם בחצר.
טיפול שוטף עולה ארבע מאות וחמישים שקלים, כולל שמן ומסנן, ולוקח בערך שלוש שעות. את המחיר של \
כל עבודה אחרת קובעים רק אחרי בדיקה: אל תנקבי בסכום.

כשמבקשים תור, בררי בזו אחר זו: שם, סוג הרכב, מה נחוץ, ויום ושעה רצויים. חזרי על הפרטים ואמרי \
שהמוסך יחזור לאישור. אל תבטיחי שהתור נקבע.
כשמבקשים לדבר עם אדם, או כשיש תלונה, קחי שם ומספר טלפון ואמרי שיחזרו בהקדם.
מה שאינך יודעת, אמרי בפשטות שתבררי ושיחזרו עם תשובה. אל תמציאי מחירים, שעות או הבטחות."""

_OUTBOUND_AI_PROMPT = """\
את עוזרת קולית של מוסך הגפן בחולון, ומתקשרת ללקוח של המוסך. דברי בעברית, בלשון נקבה, בנימוס \
ובקיצור. פתחי בשם המוסך, אמרי שאת עוזרת אוטומטית, ושאלי אם נוח לדבר עכשיו. אם לא נוח, שאלי מתי \
לחזור והיפרדי. אם מבקשים שלא יתקשרו עוד, אשרי שהמספר יוסר והיפרדי מיד. אמרי את סיבת השיחה \
במשפט אחד, שאלי שאלה אחת בכל פעם, ואל תמציאי מחירים או הבטחות."""

_PHRASE_HINTS = [
    "מוסך הגפן",
    "רחוב הגפן",
    "חולון",
    "טיפול שוטף",
    "טיפול עשרת אלפים",
    "טסט",
    "בלמים",
    "רפידות",
    "מצבר",
    "מסנן שמן",
    "פנצ'ר",
    "ביט",
]

# Expressions search the whole sentence, whatever else stands in it: these are anchored, so that
# a longer request ("כמה עולה להחליף מצבר") goes to the agent rather than to the wrong price.
# "Are you open" is an expression for that reason: it ends many a double question.
_FAQS: tuple[dict[str, object], ...] = (
    {
        "intent_key": "price",
        "label": "מחיר",
        "patterns_json": [
            "מה המחיר",
            "מה המחירים שלכם",
            "כמה עולה טיפול",
            "כמה עולה טיפול שוטף",
            "מחיר טיפול שוטף",
            r"^(אז )?כמה (זה )?(עולה|יעלה)( לי)?( אצלכם)?$",
            r"^מה (המחיר|העלות) של (ה)?טיפול( ה?שוטף)?$",
        ],
        "answer_text": "טיפול שוטף עולה ארבע מאות וחמישים שקלים, כולל שמן ומסנן.",
        "priority": 50,
    },
    {
        "intent_key": "address",
        "label": "כתובת",
        "patterns_json": [
            "איפה אתם",
            "איפה אתם נמצאים",
            "איפה המוסך",
            "מה הכתובת",
            "איך מגיעים אליכם",
            r"^(ב)?איזה רחוב( אתם)?( נמצאים)?$",
            r"^איפה (זה )?(ממוקמים|נמצא)( אתם| המוסך)?$",
        ],
        "answer_text": "אנחנו ברחוב הגפן שתים עשרה, חולון, ליד תחנת הדלק.",
        "priority": 40,
    },
    {
        "intent_key": "hours",
        "label": "שעות פתיחה",
        "patterns_json": [
            "מתי פתוחים",
            "מתי אתם פתוחים",
            "מה שעות הפתיחה",
            "שעות פתיחה",
            "עד מתי פתוחים",
            r"^(האם )?אתם פתוחים( היום| עכשיו| בשישי)?$",
            r"^(עד |מ)(איזו|איזה) שעה (אתם )?(פתוחים|עובדים)( היום| בשישי)?$",
            r"^(באילו|באיזה) (שעות|ימים) (אתם )?(פתוחים|עובדים)$",
        ],
        "answer_text": "פתוחים בימים ראשון עד חמישי משמונה עד חמש, ובשישי עד אחת.",
        "priority": 40,
    },
    {
        "intent_key": "parking",
        "label": "חניה",
        "patterns_json": [
            "יש חניה",
            "יש לכם חניה",
            "איפה חונים",
            "איפה אפשר לחנות",
            "החניה בתשלום",
            r"^(האם )?יש (אצלכם |במקום )?חני?יה( במקום| חינם| ליד)?$",
        ],
        "answer_text": "יש חניה חינם בחצר המוסך.",
        "priority": 20,
    },
    {
        "intent_key": "payment_methods",
        "label": "אמצעי תשלום",
        "patterns_json": [
            "אתם מקבלים אשראי",
            "מקבלים כרטיס אשראי",
            "אפשר באשראי",
            "אפשר בביט",
            "אילו אמצעי תשלום יש",
            r"^(האם )?(אפשר|(אתם )?מקבלים) (גם )?ב?(אשראי|מזומן|ביט)( או ב?(אשראי|מזומן|ביט))?$",
        ],
        "answer_text": "כן, אפשר לשלם באשראי, במזומן או בביט.",
        "priority": 20,
    },
    {
        "intent_key": "duration",
        "label": "משך הטיפול",
        "patterns_json": [
            "כמה זמן לוקח טיפול",
            "כמה זמן נמשך טיפול",
            "כמה זמן לוקח טיפול שוטף",
            "כמה שעות לוקח טיפול",
            "תוך כמה זמן הטיפול מוכן",
            r"^(ו)?כמה זמן (זה )?(לוקח|ייקח|יקח|נמשך)( אצלכם)?$",
        ],
        "answer_text": "טיפול שוטף לוקח בערך שלוש שעות.",
        "priority": 20,
    },
    {
        "intent_key": "price",
        "label": "Price",
        "lang": "en-US",
        "patterns_json": [
            "what is the price",
            "what are your prices",
            "how much is a service",
            "how much does a service cost",
            "price of a service",
            r"^(so )?how much (is it|does it cost|is that)$",
        ],
        "answer_text": "A regular service costs four hundred and fifty shekels, "
        "including oil and filter.",
        "priority": 50,
    },
    {
        "intent_key": "hours",
        "label": "Opening hours",
        "lang": "en-US",
        "patterns_json": [
            "when are you open",
            "what are your hours",
            "opening hours",
            "what time do you close",
            r"^are you open( today| now| on friday)?$",
            r"^(until|till) (when|what time) are you open( today)?$",
        ],
        "answer_text": "We are open Sunday to Thursday from eight to five, and Friday until one.",
        "priority": 40,
    },
)


def seed_demo_business(session: Session) -> Business | None:
    """Add the demo business to the unit of work and return it, flushed.

    Returns None, and changes nothing, when one of its numbers rings at a business already.
    """
    taken = session.scalar(
        select(BusinessPhoneNumber.id).where(BusinessPhoneNumber.e164.in_(NUMBERS)).limit(1)
    )
    if taken is not None:
        return None
    business = Business(
        name="מוסך הגפן",
        lang="he-IL",
        timezone="Asia/Jerusalem",
        greeting_text="שלום, הגעתם למוסך הגפן. אני עוזרת אוטומטית. איך אפשר לעזור?",
        ai_prompt=_AI_PROMPT,
        outbound_ai_prompt=_OUTBOUND_AI_PROMPT,
        phrase_hints=list(_PHRASE_HINTS),
        numbers=[BusinessPhoneNumber(e164=number) for number in NUMBERS],
        faqs=[BusinessFaq(**row) for row in _FAQS],
    )
    session.add(business)
    session.flush()
    return business
