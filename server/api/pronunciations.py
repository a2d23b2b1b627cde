"""How a business's words are said that would be read wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from flask import Response
from pydantic import Field

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.faq_operations import get_business
from server.api.faqs import FaqsPath
from server.api.fields import Input
from server.api.paging import Page
from server.api.profiles import profile_of
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.business_settings import MAX_PRONUNCIATIONS, Pronunciation, business_settings
from server.errors import ConflictError
from server.models import ADMIN, OPERATOR
from server.wiring import services

blueprint = new_resource("pronunciations", "How a business's words are said.")

PRONUNCIATIONS = f"/businesses/{BUSINESS_ID}/pronunciations"

_Words = tuple[Pronunciation, ...]


class PronunciationList(Page):
    """All of them."""

    items: list[Pronunciation]


class NewPronunciations(Input):
    """All of them, as they shall be."""

    items: Annotated[list[Pronunciation], Field(max_length=MAX_PRONUNCIATIONS)]
    next_cursor: None = Field(default=None, description="As it was got: the list is one page.")


@blueprint.get(PRONUNCIATIONS, responses={200: PronunciationList})
@needs(OPERATOR)
def list_pronunciations(path: FaqsPath) -> Response:
    """List the words of a business that are said in their own way."""
    return answer(find_pronunciations(path.business_id))


@blueprint.put(PRONUNCIATIONS, responses=writing(PronunciationList))
@needs(ADMIN)
def replace_pronunciations(path: FaqsPath, body: NewPronunciations) -> Response:
    """Replace them all. What has been rendered with such a word is rendered anew."""
    return answer(change_pronunciations(path.business_id, lambda _: tuple(body.items)))


def find_pronunciations(business_id: int) -> PronunciationList:
    """Return the words of a business that are said in their own way.

    Raises:
        NotFoundError: there is no such business.
    """
    return PronunciationList(items=list(profile_of(business_id).settings.pronunciations))


def set_pronunciation(business_id: int, wanted: Pronunciation) -> PronunciationList:
    """Have a word said as ``wanted``, which takes the place of what was known of it.

    Raises:
        NotFoundError: there is no such business.
        ConflictError: there are as many as there may be.
    """
    return change_pronunciations(business_id, lambda words: (*_without(words, wanted.word), wanted))


def remove_pronunciation(business_id: int, word: str) -> PronunciationList:
    """Have a word said as it is written.

    Raises:
        NotFoundError: there is no such business, or no such word.
    """

    def remove(words: _Words) -> _Words:
        kept = _without(words, word)
        if len(kept) == len(words):
            raise missing("pronunciation")
        return kept

    return change_pronunciations(business_id, remove)


def change_pronunciations(
    business_id: int, change: Callable[[_Words], _Words]
) -> PronunciationList:
    """Store what ``change`` makes of the pronunciations, and have what they change rendered.

    Raises:
        NotFoundError: there is no such business.
        ConflictError: they become too many.
    """
    with services().database.write() as session:
        business = get_business(session, business_id)
        session.refresh(business, with_for_update=True)  # two at once: one after the other
        settings = business_settings(business.settings)
        words = change(settings.pronunciations)
        if len(words) > MAX_PRONUNCIATIONS:
            raise ConflictError(f"At most {MAX_PRONUNCIATIONS} words are kept.", code="too_many")
        stored = settings.model_copy(update={"pronunciations": words})
        business.settings = stored.model_dump(mode="json")
        record_change(
            session,
            caller().actor,
            "business.pronunciations",
            business_id=business.id,
            target=f"business:{business.id}",
            detail={"count": len(words)},
        )
    services().calls.prepare_clips(profile_of(business_id))
    return PronunciationList(items=list(words))


def _without(words: _Words, word: str) -> _Words:
    gone = word.strip().casefold()
    return tuple(one for one in words if one.word.casefold() != gone)
