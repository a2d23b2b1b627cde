"""Roles: who has which, who may give them, and the last owner."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from server.accounts import links, members, people
from server.accounts.audit import names_of
from server.accounts.tokens import add_token
from server.db import Database
from server.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from server.models import AuditEntry, User
from server.passwords.desk import PasswordDesk
from tests.unit.accounts.conftest import NewUser


def roles(database: Database, business_id: int) -> dict[str, str]:
    with database.read() as session:
        found = members.members_of(session, business_id)
        return {member.user.name: member.role for member in found}


def change(database: Database, user: User, role: str, *, by_owner: bool = False) -> None:
    with database.write() as session:
        members.change_role(session, 1, user.id, role, actor="user:1", by_owner=by_owner)


def remove(database: Database, user: User, *, by_owner: bool = False) -> None:
    with database.write() as session:
        members.remove_member(session, 1, user.id, actor="user:1", by_owner=by_owner)


def test_owners_belong_to_every_business(database: Database, person: NewUser) -> None:
    person("ruth", owner=True)
    person("tal", operator=[1, 2])
    person("dana", admin=[1])
    assert list(roles(database, 1).items()) == [
        ("ruth", "owner"),
        ("dana", "admin"),
        ("tal", "operator"),
    ]
    assert roles(database, 2) == {"ruth": "owner", "tal": "operator"}


def test_a_role_changes_in_one_business_only(database: Database, person: NewUser) -> None:
    tal = person("tal", operator=[1, 2])
    change(database, tal, "admin")
    assert roles(database, 1) == {"tal": "admin"}
    assert roles(database, 2) == {"tal": "operator"}


def test_an_admin_makes_and_touches_no_owner(database: Database, person: NewUser) -> None:
    ruth, tal = person("ruth", owner=True), person("tal", admin=[1])
    person("noa", owner=True)
    for act in (
        lambda: change(database, tal, "owner"),
        lambda: change(database, ruth, "operator"),
        lambda: remove(database, ruth),
    ):
        with pytest.raises(ForbiddenError):
            act()
    assert roles(database, 1) == {"ruth": "owner", "noa": "owner", "tal": "admin"}


def test_an_owner_makes_an_owner_and_unmakes_one(database: Database, person: NewUser) -> None:
    person("ruth", owner=True)
    tal = person("tal", operator=[2])
    noa = person("noa", admin=[1])
    change(database, noa, "owner", by_owner=True)
    assert roles(database, 2)["noa"] == "owner"
    change(database, noa, "operator", by_owner=True)
    assert roles(database, 1) == {"ruth": "owner", "noa": "operator"}
    assert roles(database, 2) == {"ruth": "owner", "tal": "operator"}
    with pytest.raises(NotFoundError):
        change(database, tal, "admin", by_owner=True)


def test_the_last_owner_stays(database: Database, person: NewUser) -> None:
    ruth = person("ruth", owner=True)
    off = person("off", owner=True)
    with database.write() as session:
        people.set_active(session, off.id, False, actor="user:1")
    acts = [
        lambda: change(database, ruth, "admin", by_owner=True),
        lambda: remove(database, ruth, by_owner=True),
    ]
    for act in acts:
        with pytest.raises(ConflictError) as refused:
            act()
        assert refused.value.code == "last_owner"
    with database.write() as session:
        with pytest.raises(ConflictError):
            people.set_active(session, ruth.id, False, actor="user:1")
        with pytest.raises(ConflictError):
            members.set_owner(session, ruth.id, False, actor="user:1")
    remove(database, off, by_owner=True)  # the other one could not sign in anyway
    assert roles(database, 1) == {"ruth": "owner"}


def test_of_two_owners_who_remove_each_other_one_stays(database: Database, person: NewUser) -> None:
    two = [person("ruth", owner=True), person("noa", owner=True)]
    barrier, outcomes = threading.Barrier(2, timeout=10), []

    def try_it(user: User) -> None:
        barrier.wait()
        try:
            remove(database, user, by_owner=True)
            outcomes.append("removed")
        except ConflictError:
            outcomes.append("told")

    threads = [threading.Thread(target=try_it, args=(user,)) for user in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["removed", "told"]
    assert len(roles(database, 1)) == 1


def test_who_is_removed_keeps_their_other_business(database: Database, person: NewUser) -> None:
    tal = person("tal", operator=[1, 2])
    remove(database, tal)
    assert roles(database, 1) == {}
    assert roles(database, 2) == {"tal": "operator"}
    with pytest.raises(NotFoundError):
        remove(database, tal)


def test_an_unknown_role_is_refused(database: Database, person: NewUser) -> None:
    with pytest.raises(InvalidInputError):
        change(database, person("tal", operator=[1]), "king")


def test_an_admin_gets_links_only_of_those_who_are_nothing_elsewhere(
    database: Database, person: NewUser
) -> None:
    here, both = person("here", operator=[1]), person("both", admin=[1], operator=[2])
    ruth = person("ruth", owner=True)
    with database.read() as session:
        assert members.belongs_only_to(session, here, 1)
        assert not members.belongs_only_to(session, both, 1)
        assert not members.belongs_only_to(session, ruth, 1)


def test_a_deactivated_user_is_signed_out_and_a_second_time_changes_nothing(
    database: Database, person: NewUser
) -> None:
    tal = person("tal", operator=[1])
    for _ in range(2):
        with database.write() as session:
            user = people.set_active(session, tal.id, False, actor="user:1")
    assert (user.active, user.session_epoch) == (False, 1)
    with database.read() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry))]
    assert actions.count("user.deactivate") == 1


def test_signing_in(database: Database, person: NewUser) -> None:
    desk = PasswordDesk()
    try:
        tal = person("tal", operator=[1])
        with database.write() as session:
            session.get_one(User, tal.id).password_hash = desk.hash("correct horse")

        def signs_in(email: str, password: str) -> bool:
            return people.sign_in(database, desk, email, password) is not None

        assert signs_in(" TAL@example.com", "correct horse")
        assert not signs_in("tal@example.com", "wrong horse")
        assert not signs_in("nobody@example.com", "correct horse")
        assert not signs_in("no address", "correct horse")

        with pytest.raises(InvalidInputError) as refused:
            people.change_password(database, desk, tal.id, "wrong horse", "battery staple")
        assert refused.value.field == "current"
        with pytest.raises(InvalidInputError) as refused:
            people.change_password(database, desk, tal.id, "correct horse", "short")
        assert refused.value.field == "new"
        changed = people.change_password(database, desk, tal.id, "correct horse", "battery staple")
        assert changed.session_epoch == 1
        assert signs_in("tal@example.com", "battery staple")
        assert not signs_in("tal@example.com", "correct horse")

        with database.write() as session:
            people.set_active(session, tal.id, False, actor="user:1")
        assert not signs_in("tal@example.com", "battery staple")
    finally:
        desk.close()


def test_the_log_speaks_of_people_by_name(database: Database, person: NewUser) -> None:
    tal = person("tal")
    with database.write() as session:
        session.get_one(User, tal.id).name = ""
        token, _ = add_token(session, "crm", "admin", 1, actor="user:1")
    with database.read() as session:
        references = [f"user:{tal.id}", f"token:{token.id}", "token:crm", "user:99", "user:x", "x"]
        assert names_of(session, references) == {
            f"user:{tal.id}": "tal@example.com",
            f"token:{token.id}": "crm",
        }


def test_who_may_not_invite_any_more_comes_back_by_no_invitation_of_their_own(
    database: Database, person: NewUser
) -> None:
    person("ruth", owner=True)
    dana, noa = person("dana", admin=[1]), person("noa", admin=[1])
    with database.write() as session:
        for maker in (dana, noa):
            links.invite(
                session,
                f"{maker.name}-2@example.com",
                "admin",
                1,
                actor=f"user:{maker.id}",
                by_owner=False,
            )
    remove(database, dana)
    with database.read() as session:
        assert [one.email for one in links.open_invites(session, 1)] == ["noa-2@example.com"]
    change(database, noa, "operator")
    with database.read() as session:
        assert links.open_invites(session, 1) == []
