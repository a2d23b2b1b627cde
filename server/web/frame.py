"""What every page has around it: navigation, the business switcher, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from server.api.access import Caller, by_session
from server.directory import BusinessProfile
from server.leads.counts import Counts
from server.models import ADMIN, OPERATOR, OWNER
from server.signed_in import signed_in
from server.web.language import LANGUAGES, direction, page_language
from server.web.security import csp_nonce
from server.web.static import static_url
from server.wiring import services

LAST_BUSINESS = "maane_business"
"""Cookie with the business that was looked at last: where the root leads."""

_MAX_ID_DIGITS = 9
MAX_IN_SWITCHER = 30
"""Who has more businesses finds the others on their list."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the navigation."""

    key: str
    """What a template sets as ``nav`` to be this place."""
    label: Any
    icon: str
    path: str
    """After ``/b/<id>``; from the root where it begins with ``//``."""
    role: str = OPERATOR
    thumb: bool = False
    """Whether it stands in the bottom bar of a phone; the others are under "more"."""


PLACES = (
    Place("home", _l("Home"), "home", "/", thumb=True),
    Place("live", _l("Live"), "phone-call", "/live"),
    Place("leads", _l("Leads"), "inbox", "/leads", thumb=True),
    Place("calls", _l("Calls"), "phone", "/calls", thumb=True),
    Place("faqs", _l("Answers"), "message-circle-question", "/faqs", thumb=True),
    Place("prompts", _l("Instructions"), "writing", "/prompts"),
    Place("phone", _l("Try the phone"), "headset", "/phone"),
    Place("settings", _l("Settings"), "settings", "/settings", ADMIN),
    Place("system", _l("System"), "server", "//system", OWNER),
)


def address(place: Place, business_id: int | None) -> str:
    """Return where ``place`` is for this business."""
    if place.path.startswith("//"):
        return place.path[1:]
    return f"/b/{business_id}{place.path}"


def all_my_businesses(person: Caller) -> list[BusinessProfile]:
    """Return every business of this person, in no order."""
    directory = services().directory
    if person.is_owner:
        return directory.all()
    looked_up = (directory.by_id(business_id) for business_id in person.roles)
    return [profile for profile in looked_up if profile is not None]


def by_name(profile: BusinessProfile) -> tuple[str, int]:
    """Return what businesses are sorted by."""
    return profile.name, profile.id


def my_businesses(person: Caller) -> list[BusinessProfile]:
    """Return the first businesses of this person by name, one more than the switcher holds."""
    return nsmallest(MAX_IN_SWITCHER + 1, all_my_businesses(person), key=by_name)


def last_seen(person: Caller) -> BusinessProfile | None:
    """Return the business whose pages this browser has looked at last, if it is still theirs."""
    last = request.cookies.get(LAST_BUSINESS, "")
    if not (last.isdecimal() and len(last) <= _MAX_ID_DIGITS and person.may_see(int(last))):
        return None
    return services().directory.by_id(int(last))


def _places(person: Caller | None, business: BusinessProfile | None) -> list[Place]:
    if person is None:
        return []
    return [
        place
        for place in PLACES
        if (business is not None or place.path.startswith("//"))
        and person.may(place.role, business.id if business is not None else None)
        and (place.role != OWNER or person.is_owner)
    ]


def frame() -> dict[str, Any]:
    """Return what every template knows."""
    person, business = by_session(), g.get("business")
    if person is not None and business is None:  # a page of no business keeps the way back to one
        business = last_seen(person)
    return {
        "me": signed_in(),
        "may_edit": bool(person and business and person.may(ADMIN, business.id)),
        "business": business,
        # Asked for by whole pages alone: parts of them come every few seconds.
        "my_businesses": lambda: my_businesses(person) if person is not None else [],
        "places_of": lambda: _places(person, business),
        "lead_counts": lambda: (
            services().lead_counts.of(business.id) if person and business else Counts()
        ),
        "max_in_switcher": MAX_IN_SWITCHER,
        "address_of": address,
        "locale": page_language(),
        "direction": direction(),
        "languages": LANGUAGES,
        "csp_nonce": csp_nonce,
        "here_path": request.full_path.rstrip("?"),
    }


def put_frame(app: Flask) -> None:
    """Have the templates of ``app`` know what every page has around it."""
    app.context_processor(frame)
    # Macros are imported without the page's context, so these two are known everywhere.
    app.jinja_env.globals |= {"csrf_token": generate_csrf, "static_url": static_url}
