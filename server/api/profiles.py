"""The copies in RAM that requests read: a business as calls know it."""

from __future__ import annotations

from server.api.access import missing
from server.directory import BusinessProfile
from server.models import Business
from server.wiring import services


def profile_of(business_id: int) -> BusinessProfile:
    """Return the copy in RAM, read now if this process does not have it yet.

    Raises:
        NotFoundError: there is no such business.
    """
    directory = services().directory
    profile = directory.by_id(business_id)
    if profile is None:
        with services().database.read() as session:
            exists = session.get(Business, business_id) is not None
        if exists:
            directory.load()
            profile = directory.by_id(business_id)
    if profile is None:
        raise missing("business")
    return profile
