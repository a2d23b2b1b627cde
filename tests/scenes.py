"""Calls that read like life: what was said in each, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field

GREETING = "שלום, הגעתם למוסך הגפן. אני עוזרת אוטומטית. איך אפשר לעזור?"


@dataclass(frozen=True)
class Said:
    """One turn: who said what, how long it took, and how a reply came about."""

    speaker: str
    text: str
    seconds: float = 2.5
    path: str | None = None
    intent_key: str | None = None
    waited_ms: float = 0.0
    heard_ms: int | None = None


@dataclass(frozen=True)
class Scene:
    """One call and what became of it."""

    phone: str
    turns: tuple[Said, ...]
    name: str = ""
    headline: str = ""
    points: tuple[str, ...] = ()
    next_step: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    status: str = "processed"
    work_status: str = "new"
    tags: tuple[str, ...] = ()
    notes: str = ""
    error: str = ""
    end_reason: str = "caller_hangup"
    recorded: bool = True
    hours_ago: float = 1.0


def _greets() -> Said:
    return Said("agent", GREETING, 4.2, "GREETING", waited_ms=21)


def _caller(text: str, seconds: float = 2.2) -> Said:
    return Said("caller", text, seconds)


def _instant(text: str, intent_key: str, waited_ms: float = 318) -> Said:
    return Said("agent", text, 3.6, "FAQ_FASTPATH", intent_key, waited_ms)


def _agent(text: str, waited_ms: float = 742, heard_ms: int | None = None) -> Said:
    return Said("agent", text, 3.4, "AGENT", None, waited_ms, heard_ms)


SCENES = (
    Scene(
        "+972541234567",
        (
            _greets(),
            _caller("כמה עולה טיפול שוטף?"),
            _instant("טיפול שוטף עולה ארבע מאות וחמישים שקלים, כולל שמן ומסנן.", "price"),
            _caller("מעולה, אני רוצה לקבוע למחר בעשר. קוראים לי דנה, יש לי מאזדה שלוש.", 5.1),
            _agent("רשמתי: דנה, מאזדה שלוש, טיפול שוטף, מחר בעשר. המוסך יחזור לאישור.", 812),
            _caller("תודה, להתראות."),
        ),
        name="דנה כהן",
        headline="טיפול שוטף למאזדה 3, מחר בעשר",
        points=("ביקשה תור לטיפול שוטף מחר בעשר בבוקר", "נמסר המחיר: 450 שקלים כולל שמן ומסנן"),
        next_step="לחזור לאישור התור",
        fields={"name": "דנה", "need": "טיפול שוטף", "time": "מחר בעשר", "sentiment": "positive"},
        tags=("תור",),
        hours_ago=0.07,
    ),
    Scene(
        "+972527654321",
        (
            _greets(),
            _caller("הבלמים שלי חורקים כבר שבוע, אפשר להגיע היום?", 4.0),
            _agent("בוודאי שנרצה לבדוק. באיזה רכב מדובר, ומתי נוח לך?", 1390, heard_ms=1800),
            _caller("טויוטה קורולה, אחרי ארבע."),
            _agent("רשמתי: קורולה, היום אחרי ארבע. יחזרו אלייך לאישור.", 688),
        ),
        name="יוסי לוי",
        headline="בלמים חורקים בקורולה, היום אחרי ארבע",
        points=("הבלמים חורקים כבר שבוע", "רוצה להגיע היום אחרי השעה ארבע"),
        next_step="לאשר הגעה היום",
        fields={"need": "בדיקת בלמים", "time": "היום אחרי ארבע", "sentiment": "neutral"},
        work_status="in_work",
        tags=("דחוף",),
        notes="התקשרתי, לא ענה. לנסות שוב אחרי שלוש.",
        hours_ago=1.4,
    ),
    Scene(
        "+972501112233",
        (
            _greets(),
            _caller("אני רוצה לדבר עם מנהל, חייבו אותי פעמיים."),
            _agent("אני מצטערת לשמוע. אקח פרטים ויחזרו אליך בהקדם. מה השם?", 904),
            _caller("אבי. ואני רוצה תשובה עוד היום!"),
        ),
        name="אבי",
        headline="תלונה על חיוב כפול",
        points=("טוען שחויב פעמיים על אותו טיפול", "מבקש תשובה עוד היום"),
        next_step="מנהל חוזר עוד היום",
        fields={"callback": "ביקש לדבר עם אדם", "need": "חיוב כפול", "sentiment": "negative"},
        tags=("תלונה", "דחוף"),
        hours_ago=3.0,
    ),
    Scene(
        "+972541234567",
        (_greets(), _caller("מתי אתם פתוחים בשישי?"), _instant("בשישי פתוחים עד אחת.", "hours")),
        name="דנה כהן",
        headline="שאלה על שעות פתיחה בשישי",
        points=("שאלה עד מתי פתוחים בשישי", "נענתה: עד אחת"),
        work_status="done",
        hours_ago=26.0,
    ),
    Scene(
        "+972586667788",
        (_greets(), _caller("יש לכם צמיגים?"), _agent("אבדוק, ונחזור אליך עם תשובה.", 655)),
        status="failed",
        error="the recording could not be fetched",
        end_reason="stream_lost",
        recorded=False,
        hours_ago=5.5,
    ),
    Scene(
        "anonymous",
        (_greets(),),
        status="processing",
        end_reason="silence",
        recorded=False,
        hours_ago=0.02,
    ),
    Scene(
        "+447700900123",
        (
            _greets(),
            _caller("Hi, do you speak English? When are you open?"),
            _instant("We are open Sunday to Thursday from eight to five.", "hours", 402),
        ),
        name="Michael O'Connor",
        headline="Asked about opening hours, in English",
        points=("Asked in English when the garage is open", "Was told Sunday to Thursday, 8 to 5"),
        work_status="lost",
        hours_ago=49.0,
    ),
)

_LONG = "ישראלית־ישראלי בן־אברהם הכהן לבית משפחת רוזנצווייג־אבולעפיה מקריית מוצקין הצפונית"
LONG_SCENE = Scene(
    "+972541234567",
    (
        _greets(),
        _caller(" ".join(["אני רוצה לדעת הכול על הטיפול הזה"] * 30), 40.0),
        _agent("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"),
        _caller("<script>alert('x')</script><img src=x onerror=alert(1)> & \"מירכאות\" 'גרש'"),
    ),
    name=_LONG,
    headline=" ".join([_LONG] * 3),
    points=(" ".join([_LONG] * 2), "https://example.com/" + "a" * 120),
    next_step=" ".join([_LONG] * 2),
    fields={"need": _LONG, "budget": "1" * 60, "time": _LONG},
    tags=tuple(f"תגית ארוכה מאוד מספר {number}" for number in range(9)),
    notes=" ".join([_LONG] * 6),
)
