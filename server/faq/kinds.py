"""The questions that callers ask every business, and how they ask them.

Knowledge of the language: a row that is about one of these subjects understands its usual
wordings, whatever its owner typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.faq.questions import Ask


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask: meanings that are all there (each of one set), and the kind of answer."""

    needs: tuple[frozenset[str], ...]
    asks: frozenset[Ask] = frozenset()
    """When not empty, one of these must be asked for."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A subject that businesses share."""

    name: str
    keys: frozenset[str]
    """Intent keys that name it."""
    wordings: tuple[Wording, ...]
    companions: frozenset[str]
    """Meanings that may stand in such a question without the answer repeating them."""
    open_to: frozenset[Ask]
    """Kinds of answer that it always gives."""


def _kind(name: str, keys: str, wordings: str, companions: str = "", open_to: str = "") -> Kind:
    """Read a kind. A wording is meanings joined by +, with what it asks behind @."""
    return Kind(
        name,
        frozenset(keys.split()),
        tuple(_wording(wording) for wording in wordings.split()),
        frozenset(_meaning(word) for word in companions.split()),
        frozenset(Ask(word) for word in open_to.split()),
    )


def _wording(text: str) -> Wording:
    needs, _, asks = text.partition("@")
    return Wording(
        tuple(
            frozenset(_meaning(word) for word in need.split("|"))
            for need in needs.split("+")
            if need
        ),
        frozenset(Ask(word) for word in asks.split("|") if word),
    )


def _meaning(word: str) -> str:
    return word if ":" in word else f"c:{word}"


_TIMES = (
    "HOURS OPEN CLOSE WORKING ACTIVITY ARRIVE CUSTOMERS a:date DAYPART "
    "NIGHT MIDWEEK WEEKEND SHABBAT LAST_DAY"
)

KINDS = (
    _kind(
        "hours",
        "hours opening_hours open_hours working_hours business_hours schedule",
        "OPEN CLOSE HOURS+OPEN|WORKING|ACTIVITY|ARRIVE HOURS@when WORKING@when "
        "ARRIVE@when "
        "WORKING+a:date|SHABBAT|WEEKEND|t:day WORKING|OPEN+DAYPART|NIGHT|t:number p+t:day "
        "SIT@when @when",
        _TIMES + " SIT",
        "when",
    ),
    _kind(
        "address",
        "address location where directions how_to_get_here",
        "ADDRESS STREET|MALL|BUILDING@which CITY@which @where SIT|ADDRESS@where ARRIVE@how "
        "ARRIVE+WAZE WAZE AREA@where "
        "STREET FLOOR@which",
        "ADDRESS STREET CITY SIT ARRIVE WAZE CAR ENTRANCE NEAR",
        "where which how",
    ),
    _kind(
        "price", "price prices pricing cost rates price_list", "@price", "PAY CHARGE MONEY", "price"
    ),
    _kind(
        "parking",
        "parking",
        "PARK LEAVE+CAR CAR@where",
        "PARK CAR LEAVE NEAR ARRIVE STREET CUSTOMERS PLACE",
        "where",
    ),
    _kind(
        "payment",
        "payment_methods payment payments paying means_of_payment",
        "PAY@how|which MEANS+PAY MEANS CREDIT CASH BIT PAYBOX CHEQUE APPLEPAY INSTALMENTS TRANSFER",
        "PAY MEANS CREDIT_WORD",
        "how which",
    ),
    _kind(
        "delivery",
        "delivery deliveries shipping",
        "DELIVERY BRING|TAKE+HOME",
        "HOME ARRIVE BRING DELIVERY TAKE RESERVE",
    ),
    _kind(
        "kosher",
        "kosher kashrut",
        "KOSHER SUPERVISION",
        "KOSHER SUPERVISION ID_CARD FOOD",
        "who which",
    ),
    _kind(
        "accessibility",
        "accessibility accessible",
        "ACCESSIBLE WHEELCHAIR DISABLED RAMP LIFT STAIRS",
        "ACCESSIBLE WHEELCHAIR CHAIR DISABLED ENTRANCE ARRIVE",
    ),
    _kind("phone", "phone phone_number telephone contact", "PHONE NUMBER+PHONE", "NUMBER PHONE"),
    _kind("email", "email mail", "EMAIL EMAIL+ADDRESS", "ADDRESS EMAIL DELIVERY", "which where"),
    _kind("site", "website site web", "SITE", "SITE ADDRESS"),
    _kind("wifi", "wifi internet", "WIFI", "WIFI"),
    _kind(
        "cancellation",
        "cancellation cancellation_policy cancellations cancel_policy",
        "CANCEL+POLICY CANCEL+FEE CANCEL+PAY|CHARGE|FREE|REFUND "
        "CANCEL|POSTPONE@when|duration|advance|price|costs|how "
        "CANCEL|POSTPONE+q:what_if CANCEL+LASTMOMENT",
        "CANCEL POLICY FEE RESERVE PAID FREE CHARGE NOTIFY PAY REFUND APPOINTMENT LASTMOMENT "
        "a:infinitive",
        "how",
    ),
    _kind(
        "areas",
        "areas area service_area coverage regions",
        "AREA CITY@which CITY|AREA+WORKING|DELIVERY|ARRIVE@which|where",
        "AREA CITY ARRIVE WORKING DELIVERY",
        "where which",
    ),
    _kind(
        "contract",
        "contract exclusivity commitment",
        "CONTRACT EXCLUSIVE COMMITMENT",
        "SIGN CONTRACT",
    ),
    _kind(
        "documents",
        "documents papers required_documents",
        "DOCUMENTS",
        "DOCUMENTS BRING SHOW",
        "which",
    ),
    _kind("age", "age ages minimum_age", "@age", "AGE", "age"),
    _kind("vegan", "vegan vegetarian", "VEGAN", "FOOD DISH"),
    _kind("gluten", "gluten_free gluten", "GLUTEN CELIAC", "FOOD DISH"),
    _kind("menu", "menu", "MENU FOOD@which DISH@which", "FOOD DISH"),
    _kind(
        "languages",
        "languages language",
        "LANGUAGES",
        "SPEAK LANGUAGES TEACHER TEACH DOCTOR AGENT TRAINER TEACHING_STAFF TECHNICIAN LAWYER",
        "which",
    ),
    _kind("pets", "pets dogs animals", "PETS", "ARRIVE BRING ENTER"),
    _kind("kids", "kids children", "CHILD", "ARRIVE BRING"),
    _kind(
        "capacity",
        "capacity guests size groups",
        "PEOPLE|SEATING_PLACES@how_many|limit",
        "ENTER SIT PEOPLE SEATING_PLACES",
    ),
    _kind("warranty", "warranty guarantee", "WARRANTY", "WORKING REPAIR PRODUCTS BUY"),
    _kind("returns", "returns return_policy exchanges", "RETURN EXCHANGE REFUND", "POLICY BUY"),
    _kind("discount", "discount discounts deals benefits", "DISCOUNT BENEFIT", "DISCOUNT a:date"),
    _kind(
        "emergency", "emergency urgent", "EMERGENCY ONCALL", "HOURS EMERGENCY NIGHT SHABBAT", "who"
    ),
    _kind(
        "insurance",
        "insurance insurances hmo health_funds",
        "INSURANCE HMO+HMO_SICK HMO@which HMO+WORKING",
        "WORKING COMPANY HMO_SICK",
        "which",
    ),
    _kind(
        "checkin",
        "checkin check_in checkout",
        "CHECKIN CHECKOUT ENTER@when ROOM@when",
        "ROOM HOURS ARRIVE",
    ),
    _kind(
        "walk_in",
        "walk_in appointment no_appointment",
        "APPOINTMENT COORDINATE",
        "ARRIVE APPOINTMENT COORDINATE a:infinitive",
    ),
    _kind(
        "home_visit",
        "home_visit home_visits house_calls",
        "HOMEVISIT+HOME HOME+ARRIVE",
        "HOME ARRIVE SERVICE_CAR LESSON CHECKUP TREAT",
    ),
    _kind(
        "deposit",
        "deposit advance_payment down_payment",
        "DEPOSIT PAY+ADVANCE ADVANCE@price",
        "PAY ADVANCE MONEY LEAVE",
    ),
    _kind(
        "bring",
        "bring what_to_bring dress",
        "BRING+q:what WEAR+q:what|q:how",
        "WEAR BRING ARRIVE SERVICE_CAR LESSON TRAINING CHECKUP APPOINTMENT TREAT",
    ),
    _kind(
        "experience",
        "experience seniority",
        "EXPERIENCE WORKING|FIELD@duration TRIAL@how_many",
        "WORKING FIELD EXPERIENCE",
    ),
    _kind("gift_card", "gift_card gift_cards vouchers voucher", "GIFTCARD", "GIFT BUY"),
    _kind("duration", "duration ready_time how_long", "@duration", "", "duration"),
)

PLACED = frozenset(("areas", "delivery", "home_visit"))
"""Kinds whose answer lists places: it answers for a place that it does not list, too."""


def named_kinds(intent_key: str) -> tuple[Kind, ...]:
    """Return the kinds that ``intent_key`` names."""
    return tuple(kind for kind in KINDS if intent_key in kind.keys)


def kinds_of(
    intent_key: str,
    patterns: Sequence[tuple[Sequence[frozenset[str]], frozenset[Ask]]],
    taken: frozenset[str],
) -> tuple[Kind, ...]:
    """Return the kinds of a row with ``intent_key`` and ``patterns``.

    ``taken`` are the kinds that other rows have by name; patterns do not show those.
    A pattern is the meanings of its words that count and what it asks; it shows a kind when all
    of its words belong to one wording.
    """
    return named_kinds(intent_key) or tuple(
        kind
        for kind in KINDS
        if kind.name not in taken
        and any(_shows(kind, elements, asks) for elements, asks in patterns)
    )


def _shows(kind: Kind, elements: Sequence[frozenset[str]], asks: frozenset[Ask]) -> bool:
    for wording in kind.wordings:
        if wording.asks and not wording.asks & asks:
            continue
        if len(elements) == len(wording.needs) and all(
            any(need & element for element in elements) for need in wording.needs
        ):
            return True
    return False
