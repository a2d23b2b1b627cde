"""What is said at a field that is wrong, in the page's language.

The models speak English, to programs; people read these sentences. What is not known here is
said in general words rather than in a foreign language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.errors import MaaneError

_BY_TYPE = {
    "missing": _l("This is needed."),
    "string_type": _l("This is needed."),
    "too_short": _l("At least one is needed."),
    "string_pattern_mismatch": _l("Small Latin letters and digits, joined by - or _, please."),
    "int_parsing": _l("A whole number, please."),
    "int_type": _l("A whole number, please."),
    "int_from_float": _l("A whole number, please."),
    "float_parsing": _l("A number, please."),
    "float_type": _l("A number, please."),
    "finite_number": _l("A number, please."),
    "bool_parsing": _l("Yes or no, please."),
    "literal_error": _l("Please choose one of the list."),
    "enum": _l("Please choose one of the list."),
    "time_parsing": _l("A time of day, please, such as 08:30."),
    "date_parsing": _l("A date, please."),
    "date_from_datetime_parsing": _l("A date, please."),
    "datetime_parsing": _l("A date, please."),
    "datetime_from_date_parsing": _l("A date, please."),
    "url_parsing": _l("A web address, please, such as https://example.com/in."),
    "no_letters": _l("There has to be a letter or a digit in it."),
    "matches_all": _l("This pattern fits every sentence."),
    "broken_pattern": _l("This pattern cannot be read. Try it without brackets and signs."),
}
_BY_MESSAGE = {
    "must be one line without control characters": _l(
        "One line without special characters, please."
    ),
    "must not hold control characters": _l("There are characters in it that cannot be kept."),
    "must be a language and a region, such as he-IL": _l("Please choose one of the list."),
    "must be a time zone of the IANA database, such as Asia/Jerusalem": _l(
        "Please choose one of the list."
    ),
    "must hold a letter or a digit": _l("There has to be a letter or a digit in it."),
    "must open before it closes": _l("It has to open before it closes."),
    "must be a number with its country, such as +972541234567": _l(
        "A phone number with its country, please, such as +972541234567."
    ),
    "must have 7 to 15 digits": _l("A phone number has 7 to 15 digits."),
    "must be a number such as +972541234567, or a beginning such as +9725*": _l(
        "A phone number, please, such as +972541234567, or a beginning such as +9725*."
    ),
    "must have 7 to 15 digits, or end with *": _l(
        "A phone number has 7 to 15 digits; the beginning of numbers ends with *."
    ),
    "this is not a phone number": _l("This is not a phone number."),
    "this is not a complete phone number": _l("This is not a complete phone number."),
    "the address must begin with https://": _l("The address has to begin with https://."),
    "this is not an address such as https://example.com/hook": _l(
        "A web address, please, such as https://example.com/in."
    ),
    "the address is inside a network": _l(
        "This address is inside a network; one in the public internet is needed."
    ),
    "the address must not hold a user or a password": _l(
        "The address must not hold a user name or a password."
    ),
    "this port serves no web pages": _l("This port serves no web pages."),
    "this is not an e-mail address": _l("This is not an e-mail address."),
}
_SHORTLY = {
    "string_too_short": _l("This is needed."),
    "string_too_long": _l("This is too long."),
    "too_long": _l("There are too many."),
    "greater_than_equal": _l("The number is too small."),
    "less_than_equal": _l("The number is too large."),
    "value_error": _l("There are characters in it that cannot be kept."),
    "extra_cells": _l("There are more cells in the line than columns."),
    "same_key": _l("An earlier line has the same intent_key and language."),
}
_BY_CODE = {
    "already_member": _l("This person is a member already."),
    "last_owner": _l("This is the last owner: make somebody else an owner first."),
    "password_wrong": _l("This is not your present password."),
    "password_short": _l("At least 10 characters, please."),
    "password_long": _l("This password is too long."),
    "too_many_tokens": _l("There are too many keys; revoke one that is not used."),
    "no_public_address": _l("The server has no public https address yet."),
    "no_credentials": _l("The server has no Twilio account yet."),
    "not_in_account": _l("The Twilio account has no such number."),
    "on_trunk": _l("A SIP trunk takes this number's calls. Take it off the trunk at Twilio first."),
    "no_voice": _l("This number takes only messages, no calls."),
    "twilio_credentials": _l("Twilio refuses the account's credentials."),
    "twilio_unavailable": _l("Twilio does not answer now. Nothing was changed there; try again."),
    "twilio_refused": _l("Twilio refused this. Nothing was changed there."),
    "twilio_not_found": _l("Twilio does not know this number any more."),
    "too_many_webhooks": _l("A business has at most ten addresses. Delete one first."),
    "too_soon": _l("A test was sent only just now. Wait ten seconds."),
    "not_dead": _l("This is being tried already."),
    "busy": _l("The address is being checked already. Wait a moment."),
    "number_taken": _l("This number rings at another business already."),
}


def in_words(item: Mapping[str, Any]) -> str:
    """Return the sentence for one error of a pydantic model."""
    kind, context = item["type"], item.get("ctx", {})
    if kind == "string_too_short":
        if context["min_length"] == 1:
            return str(_("This is needed."))
        return str(_("At least %(number)s characters, please.", number=context["min_length"]))
    if kind == "string_too_long":
        return str(_("At most %(number)s characters, please.", number=context["max_length"]))
    if kind == "too_long":
        return str(_("At most %(number)s, please.", number=context["max_length"]))
    if kind in ("greater_than_equal", "greater_than"):
        return str(_("At least %(number)s, please.", number=context.get("ge", context.get("gt"))))
    if kind in ("less_than_equal", "less_than"):
        return str(_("At most %(number)s, please.", number=context.get("le", context.get("lt"))))
    known = _BY_TYPE.get(kind) or _BY_MESSAGE.get(str(context.get("error", "")))
    return str(known or _("This cannot be taken as it is."))


def of_code(code: str) -> str:
    """Return the sentence for the ``code`` of a field's problem, where it says enough by itself."""
    return str(_BY_TYPE.get(code) or _SHORTLY.get(code) or _("This cannot be taken as it is."))


def of_error(error: MaaneError) -> str:
    """Return the sentence for what an operation refused."""
    known = _BY_CODE.get(error.code)
    if known is None:
        known = next((words for said, words in _BY_MESSAGE.items() if said in error.message), None)
    return str(known or _("This cannot be taken as it is."))
