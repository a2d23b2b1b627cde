"""Links: good for one use, for a while, for one purpose and one person."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from server.accounts import links, members, people
from server.accounts.links import LinkGoneError
from server.accounts.members import role_in
from server.clock import utc_now
from server.db import Database
from server.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from server.models import AccountLink, AuditEntry, User
from tests.unit.accounts.conftest import NewUser


def invite(
    database: Database, email: str = "dana@example.com", role: str = "operator", place: int = 1
) -> str:
    with database.write() as session:
        return links.invite(session, email, role, place, actor="user:1", by_owner=False)[1]


def reset(database: Database, user: User) -> str:
    with database.write() as session:
        return links.new_reset(session, session.get_one(User, user.id), actor="command line")[1]


def join_as_new(database: Database, token: str) -> User:
    with database.write() as session:
        user, _ = links.join_as_new(
            session, token, name="דנה", lang="he", password_hash="made of her password"
        )
    return user


def let_pass(database: Database, time: timedelta) -> None:
    """Move all links into the past."""
    with database.write() as session:
        for link in session.scalars(select(AccountLink)):
            link.expires_at -= time
            link.created_at -= time
            if link.used_at is not None:
                link.used_at -= time


def test_who_is_invited_gets_an_account_and_the_role(database: Database) -> None:
    token = invite(database, " Dana@Example.com ", "admin")
    user = join_as_new(database, token)
    assert (user.email, user.name, user.lang) == ("dana@example.com", "דנה", "he")
    with database.read() as session:
        assert role_in(session, user, 1) == "admin"
        assert role_in(session, user, 2) is None
        assert not user.is_owner


def test_only_the_hash_of_a_link_is_stored(database: Database, person: NewUser) -> None:
    tokens = [invite(database), reset(database, person("ruth"))]
    with database.read() as session:
        stored = [
            str(getattr(link, column.name))
            for link in session.scalars(select(AccountLink))
            for column in AccountLink.__table__.columns
        ]
    assert all(token not in value for token in tokens for value in stored)
    assert all(len(token) >= 43 for token in tokens)


def test_an_invitation_works_once(database: Database) -> None:
    token = invite(database)
    join_as_new(database, token)
    with pytest.raises(LinkGoneError):
        join_as_new(database, token)


@pytest.mark.parametrize("days", [7, 8])
def test_an_invitation_that_is_too_old_does_nothing(database: Database, days: int) -> None:
    token = invite(database)
    let_pass(database, timedelta(days=days))
    with pytest.raises(LinkGoneError):
        join_as_new(database, token)
    with database.read() as session:
        assert session.scalars(select(User)).all() == []


def test_an_invitation_lasts_for_a_week(database: Database) -> None:
    token = invite(database)
    let_pass(database, timedelta(days=6, hours=23))
    assert join_as_new(database, token)


def test_a_reset_lasts_for_two_hours(database: Database, person: NewUser) -> None:
    dana = person("dana")
    token = reset(database, dana)
    let_pass(database, timedelta(minutes=119))
    with database.write() as session:
        assert links.reset_password(session, token, "a new hash").id == dana.id
    token = reset(database, dana)
    let_pass(database, timedelta(minutes=121))
    with pytest.raises(LinkGoneError), database.write() as session:
        links.reset_password(session, token, "another")


def test_a_link_of_one_purpose_is_none_of_the_other(database: Database, person: NewUser) -> None:
    invitation, renewal = invite(database), reset(database, person("ruth"))
    with database.write() as session:
        with pytest.raises(LinkGoneError):
            links.reset_password(session, invitation, "a hash")
        with pytest.raises(LinkGoneError):
            links.join_as_new(session, renewal, name="", lang="", password_hash="a hash")


@pytest.mark.parametrize("token", ["", "x", "\ud800", "א" * 5000])
def test_what_is_no_link_is_gone(database: Database, token: str) -> None:
    with pytest.raises(LinkGoneError), database.read() as session:
        links.find_link(session, token, "invite")


def test_of_two_who_use_a_link_at_once_one_gets_in(database: Database) -> None:
    token = invite(database)
    barrier, outcomes = threading.Barrier(2, timeout=10), []

    def try_it(number: int) -> None:
        with database.read() as session:  # both have seen the link open
            links.find_link(session, token, "invite")
        barrier.wait()
        try:
            join_as_new(database, token)
            outcomes.append("in")
        except (LinkGoneError, ConflictError):
            outcomes.append("gone")

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["gone", "in"]
    with database.read() as session:
        assert len(session.scalars(select(User)).all()) == 1


def test_a_link_used_between_a_look_and_the_use_is_gone(
    database: Database, person: NewUser
) -> None:
    dana = person("dana")
    token = reset(database, dana)
    with database.write() as session:
        link = links.find_link(session, token, "reset")
        session.execute(
            update(AccountLink)
            .where(AccountLink.id == link.id)
            .values(used_at=utc_now())
            .execution_options(synchronize_session=False)
        )
        with pytest.raises(LinkGoneError):
            links.reset_password(session, token, "a hash")


def test_who_has_an_account_joins_with_it(database: Database, person: NewUser) -> None:
    dana = person("dana", operator=[2])
    token = invite(database, "dana@example.com", "admin")
    with pytest.raises(ConflictError) as refused, database.write() as session:
        links.join_as_new(session, token, name="", lang="", password_hash="a thief's")
    assert refused.value.code == "email_taken"
    with database.write() as session:
        links.join(session, token, dana)
    with database.read() as session:
        assert role_in(session, dana, 1) == "admin"
        assert role_in(session, dana, 2) == "operator"
        assert session.get_one(User, dana.id).password_hash == "no hash"


def test_nobody_joins_by_the_link_of_another(database: Database, person: NewUser) -> None:
    ruth = person("ruth")
    token = invite(database, "dana@example.com", "admin")
    with pytest.raises(ForbiddenError), database.write() as session:
        links.join(session, token, ruth)
    assert join_as_new(database, token)  # and it is still good


def test_an_invitation_that_is_made_again_replaces_the_first(database: Database) -> None:
    first, second = invite(database), invite(database)
    with pytest.raises(LinkGoneError):
        join_as_new(database, first)
    assert join_as_new(database, second)


def test_a_withdrawn_invitation_is_worthless(database: Database) -> None:
    token = invite(database)
    with database.write() as session:
        (link,) = links.open_invites(session, 1)
        links.withdraw(session, link, actor="user:1")
        assert links.open_invites(session, 1) == []
        with pytest.raises(NotFoundError):
            links.get_invite(session, link.id, 1)
    with pytest.raises(LinkGoneError):
        join_as_new(database, token)


def test_invitations_of_another_business_are_not_reached(database: Database) -> None:
    invite(database, place=2)
    with database.write() as session:
        (link,) = links.open_invites(session, 2)
        assert links.open_invites(session, 1) == []
        for place in (1, None):
            with pytest.raises(NotFoundError):
                links.get_invite(session, link.id, place)


def test_an_invitation_of_another_place_stays(database: Database) -> None:
    elsewhere = invite(database, place=2)
    invite(database, place=1)
    assert join_as_new(database, elsewhere)


@pytest.mark.parametrize(
    ("role", "place", "error"),
    [
        ("owner", None, ForbiddenError),
        ("owner", 1, ForbiddenError),
        ("king", 1, InvalidInputError),
        ("admin", None, InvalidInputError),
        ("admin", 99, NotFoundError),
    ],
)
def test_what_an_admin_cannot_invite_to(
    database: Database, role: str, place: int | None, error: type[Exception]
) -> None:
    with pytest.raises(error), database.write() as session:
        links.invite(session, "a@example.com", role, place, actor="user:1", by_owner=False)


def test_an_owner_makes_an_owner(database: Database) -> None:
    with database.write() as session:
        _, token = links.invite(
            session, "ruth@example.com", "owner", None, actor="user:1", by_owner=True
        )
        assert [link.email for link in links.open_invites(session, None)] == ["ruth@example.com"]
    assert join_as_new(database, token)
    with database.read() as session:
        assert session.scalars(select(User)).one().is_owner


def test_who_is_a_member_is_not_invited_again(database: Database, person: NewUser) -> None:
    person("dana", operator=[1])
    person("ruth", owner=True)
    with database.write() as session:
        for name in ("dana", "ruth"):
            with pytest.raises(ConflictError) as refused:
                links.invite(
                    session, f"{name}@example.com", "admin", 1, actor="user:1", by_owner=True
                )
            assert refused.value.code == "already_member"


def test_a_new_password_ends_sessions_and_other_links(database: Database, person: NewUser) -> None:
    dana = person("dana")
    first, second = reset(database, dana), reset(database, dana)
    with pytest.raises(LinkGoneError), database.write() as session:
        links.reset_password(session, first, "a hash")
    with database.write() as session:
        links.reset_password(session, second, "a new hash")
    with database.read() as session:
        user = session.get_one(User, dana.id)
        assert (user.password_hash, user.session_epoch) == ("a new hash", 1)
    with pytest.raises(LinkGoneError), database.write() as session:
        links.reset_password(session, second, "yet another")


def test_a_deactivated_user_has_no_links(database: Database, person: NewUser) -> None:
    dana = person("dana")
    token = reset(database, dana)
    with database.write() as session:
        people.set_active(session, dana.id, False, actor="user:9")
        with pytest.raises(ConflictError):
            links.new_reset(session, session.get_one(User, dana.id), actor="user:9")
    with pytest.raises(LinkGoneError), database.write() as session:
        links.reset_password(session, token, "a hash")
    with database.write() as session:
        people.set_active(session, dana.id, True, actor="user:9")
    with pytest.raises(LinkGoneError), database.write() as session:
        links.reset_password(session, token, "a hash")  # the old one stays worthless


def test_a_reset_link_ends_when_its_user_becomes_more(database: Database, person: NewUser) -> None:
    # An admin may have it of somebody who is nothing elsewhere, which is true no longer.
    dana, ruth, tal = (person(name, operator=[1]) for name in ("dana", "ruth", "tal"))
    tokens = [reset(database, user) for user in (dana, ruth, tal)]
    with database.write() as session:
        _, to_bakery = links.invite(
            session, "dana@example.com", "admin", 2, actor="user:9", by_owner=False
        )
        links.join(session, to_bakery, session.get_one(User, dana.id))
        members.set_owner(session, ruth.id, True, actor="user:9")
        members.change_role(session, 1, tal.id, "owner", actor="user:9", by_owner=True)
    for token in tokens:
        with pytest.raises(LinkGoneError), database.read() as session:
            links.find_link(session, token, people.RESET)


def test_a_renewed_link_is_another_one(database: Database) -> None:
    old = invite(database)
    let_pass(database, timedelta(days=8))
    with database.write() as session:
        (link,) = links.open_invites(session, 1)
        new = links.renew(session, link)
    with pytest.raises(LinkGoneError):
        join_as_new(database, old)
    assert join_as_new(database, new)


def test_links_are_forgotten_when_they_have_long_been_worthless(database: Database) -> None:
    invite(database)
    with database.write() as session:
        links.purge_links(session)
        assert len(links.open_invites(session, 1)) == 1
    let_pass(database, timedelta(days=38))
    with database.write() as session:
        links.purge_links(session)
        assert session.scalars(select(AccountLink)).all() == []


def test_every_step_is_in_the_log_without_a_secret(database: Database, person: NewUser) -> None:
    token = invite(database)
    user = join_as_new(database, token)
    link = reset(database, user)
    with database.write() as session:
        links.reset_password(session, link, "a hash")
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    actions = [(entry.action, entry.business_id) for entry in entries]
    assert actions == [
        ("invite.create", 1),
        ("user.create", None),
        ("member.join", 1),
        ("user.reset_link", None),
        ("user.password", None),
    ]
    assert not any(
        secret in f"{entry.detail}{entry.target}" for entry in entries for secret in (token, link)
    )
