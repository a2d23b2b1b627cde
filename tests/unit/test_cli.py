"""The commands, as ``flask --app wsgi`` runs them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask_openapi3 import OpenAPI
from sqlalchemy import inspect, select, update

from server import create_app
from server.accounts import find_token, links
from server.cli.env_example import env_example
from server.db.migrate import upgrade
from server.jobs import enqueue
from server.models import ApiToken, AuditEntry, Business, JobRow, Lead, Membership, User
from server.passwords.hashing import password_matches
from server.settings import load_settings
from server.wiring import Services


class CommandLine:
    """Runs commands of an application."""

    def __init__(self, app: OpenAPI) -> None:
        self._runner = app.test_cli_runner()
        self.parts: Services = app.extensions["maane"]

    def __call__(self, *args: str, stdin: str | None = None) -> Result:
        return self._runner.invoke(args=args, input=stdin)

    def fails(self, *args: str, stdin: str | None = None) -> str:
        """Run a command that must fail with one line and exit code 1; return the line."""
        result = self(*args, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        line = result.stderr.removesuffix("\n")
        assert line.startswith("Error: ")
        assert "\n" not in line
        return line


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[CommandLine]:
    """Commands on a database whose directory does not even exist."""
    app = create_app(
        load_settings(
            {
                "DATABASE_URL": f"sqlite:///{tmp_path / 'new' / 'maane.db'}",
                "SECRET_KEY": "only for tests",
                "MEDIA_DIR": str(tmp_path / "media"),
            }
        )
    )
    line = CommandLine(app)
    yield line
    line.parts.database.engine.dispose()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "maane.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def run(bare: CommandLine, migrated: Path) -> CommandLine:
    """Commands on a database that is ready."""
    path = Path(str(bare.parts.database.engine.url.database))
    path.parent.mkdir()
    shutil.copyfile(migrated, path)
    return bare


def add_business(run: CommandLine) -> int:
    with run.parts.database.write() as session:
        business = Business(name="עסק")
        session.add(business)
        session.flush()
        return business.id


@pytest.mark.parametrize(
    "command",
    [
        ("owner", "create"),
        ("owner", "reset-link"),
        ("owner", "invite"),
        ("token", "create"),
        ("token", "list"),
        ("token", "revoke"),
        ("demo", "seed"),
        ("jobs", "list"),
        ("jobs", "retry"),
        ("db", "upgrade"),
        ("db", "downgrade"),
        ("settings", "example"),
    ],
)
def test_every_command_explains_itself(bare: CommandLine, command: tuple[str, str]) -> None:
    assert bare(command[0], "--help").exit_code == 0
    result = bare(*command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage:")
    assert len(result.output.splitlines()) > 4


@pytest.mark.parametrize(
    "command",
    [
        ("owner", "create", "--email", "a@example.com", "--password-stdin"),
        ("owner", "reset-link", "--email", "a@example.com"),
        ("owner", "invite", "--email", "a@example.com"),
        ("token", "create", "--name", "x", "--role", "owner"),
        ("token", "list"),
        ("token", "revoke", "1"),
        ("jobs", "list"),
        ("jobs", "retry", "1"),
        ("demo", "seed"),
        ("demo", "seed", "--if-empty"),
    ],
)
def test_missing_tables_are_told_with_the_cure(bare: CommandLine, command: tuple[str, ...]) -> None:
    cure = "run: flask --app wsgi db upgrade"
    assert cure in bare.fails(*command, stdin="long enough\n")
    Path(str(bare.parts.database.engine.url.database)).parent.mkdir()
    assert cure in bare.fails(*command, stdin="long enough\n")


def test_an_owner_is_created_once(run: CommandLine) -> None:
    create = ("owner", "create", "--email", " Dana@Example.COM ", "--password-stdin")
    result = run(*create, stdin="correct horse\n")
    assert (result.exit_code, result.output) == (0, "Owner dana@example.com created.\n")
    with run.parts.database.read() as session:
        user = session.scalars(select(User)).one()
        entry = session.scalars(select(AuditEntry)).one()
    assert user.is_owner
    assert user.password_hash.startswith("$argon2id$")
    assert password_matches(user.password_hash, "correct horse")
    assert not password_matches(user.password_hash, "correct horse\n")
    assert (entry.actor, entry.action) == ("command line", "user.create")
    assert "exists already" in run.fails(*create, stdin="correct horse\n")


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [
        ("dana@example.com", "123456789", "at least 10"),
        ("dana@example.com", "", "at least 10"),
        ("dana@example.com", "a" * 1025, "at most 1024"),
        ("dana", "correct horse", "not an e-mail"),
        ("dana@home", "correct horse", "not an e-mail"),
        ("a b@example.com", "correct horse", "not an e-mail"),
    ],
)
def test_a_bad_account_is_refused(run: CommandLine, email: str, password: str, reason: str) -> None:
    command = ("owner", "create", "--email", email, "--password-stdin")
    assert reason in run.fails(*command, stdin=password + "\n")


def test_without_the_switch_the_password_is_asked_for(run: CommandLine) -> None:
    answers = "correct horse\ncorrect horse\n"
    result = run("owner", "create", "--email", "dana@example.com", stdin=answers)
    assert result.exit_code == 0
    assert "correct horse" not in result.output


def test_a_link_for_a_new_password_is_printed_alone(run: CommandLine) -> None:
    run("owner", "create", "--email", "a@example.com", "--password-stdin", stdin="long enough\n")
    result = run("owner", "reset-link", "--email", "A@example.com")
    link = result.stdout.removesuffix("\n")
    assert link.startswith("http://127.0.0.1:5000/reset/")
    with run.parts.database.write() as session:
        user = links.reset_password(session, link.rpartition("/")[2], "a hash")
    assert (user.email, user.session_epoch) == ("a@example.com", 1)
    assert "no user" in run.fails("owner", "reset-link", "--email", "b@example.com")


def test_an_invitation_is_printed_alone(run: CommandLine) -> None:
    business_id = str(add_business(run))
    owner = run("owner", "invite", "--email", "a@example.com").stdout.strip()
    admin = ("owner", "invite", "--email", "b@example.com", "--role", "admin")
    member = run(*admin, "--business", business_id).stdout.strip()
    for link, is_owner in ((owner, True), (member, False)):
        with run.parts.database.write() as session:
            token = link.rpartition("/join/")[2]
            user, _ = links.join_as_new(session, token, name="", lang="", password_hash="x")
        assert user.is_owner == is_owner
    assert "needs a business" in run.fails(*admin)
    assert "not to one" in run.fails(
        "owner", "invite", "--email", "c@example.com", "--business", business_id
    )
    assert "no such business" in run.fails(*admin, "--business", "99")


def test_a_token_is_printed_alone_and_kept_as_a_hash(run: CommandLine) -> None:
    business_id = add_business(run)
    result = run(
        "token", "create", "--name", "crm", "--role", "admin", "--business", str(business_id)
    )
    assert result.exit_code == 0
    token = result.stdout.removesuffix("\n")
    assert token.startswith("maane_")
    assert len(token) > 40
    with run.parts.database.read() as session:
        row = find_token(session, token)
        assert find_token(session, token + "x") is None
    assert row is not None
    assert (row.name, row.role, row.business_id) == ("crm", "admin", business_id)
    assert token not in row.token_hash


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("--name", "x", "--role", "admin"), "needs a business"),
        (("--name", "x", "--role", "operator"), "needs a business"),
        (("--name", "x", "--role", "admin", "--business", "7"), "no business 7"),
        (("--name", "x", "--role", "owner", "--business", "1"), "for all businesses"),
        (("--name", " ", "--role", "owner"), "1 to 120"),
        (("--name", "x" * 121, "--role", "owner"), "1 to 120"),
    ],
)
def test_a_senseless_token_is_refused(run: CommandLine, args: tuple[str, ...], reason: str) -> None:
    assert reason in run.fails("token", "create", *args)


def test_tokens_are_listed_and_revoked(run: CommandLine) -> None:
    business_id = add_business(run)
    token = run("token", "create", "--name", "one", "--role", "owner").stdout.strip()
    run("token", "create", "--name", "two", "--role", "operator", "--business", str(business_id))
    for _ in range(2):  # twice does no harm
        assert run("token", "revoke", "1").output == "Token 1 (one) is revoked.\n"
    lines = [line.split("\t") for line in run("token", "list").stdout.splitlines()]
    assert [line[:4] for line in lines] == [
        ["1", "one", "owner", "all"],
        ["2", "two", "operator", str(business_id)],
    ]
    assert [line[5].split()[0] for line in lines] == ["revoked", "active"]
    with run.parts.database.read() as session:
        assert find_token(session, token) is None
        assert session.scalars(select(ApiToken)).all()
    assert "no token 9" in run.fails("token", "revoke", "9")


def test_jobs_are_listed_and_the_dead_are_tried_again(run: CommandLine) -> None:
    business_id = add_business(run)
    with run.parts.database.write() as session:
        for key in ("one", "two", "three"):
            payload = {"phone": "+972541234567"}
            enqueue(session, "work", key, payload, lane="summary", business_id=business_id)
        session.execute(update(JobRow).where(JobRow.key == "one").values(state="done"))
        dead = {"state": "dead", "attempts": 3, "last_error": "no\nanswer"}
        session.execute(update(JobRow).where(JobRow.key == "two").values(**dead))
    output = run("jobs", "list").stdout
    lines = [line.split("\t") for line in output.splitlines()]
    assert [line[:5] for line in lines] == [
        ["3", "queued", "summary", "work", "0"],
        ["2", "dead", "summary", "work", "3"],
    ]
    assert [line[6:] for line in lines] == [
        [str(business_id), "-"],
        [str(business_id), "no answer"],
    ]
    assert "541234567" not in output
    assert run("jobs", "list", "--state", "done").stdout.startswith("1\tdone\t")
    assert run("jobs", "list", "--limit", "1").stdout.startswith("3\t")

    assert run("jobs", "retry", "2").output == "Job 2 is tried again.\n"
    assert run("jobs", "list", "--state", "dead").stdout == ""
    for job_id in ("2", "9"):
        assert f"no dead job {job_id}" in run.fails("jobs", "retry", job_id)


def test_the_demo_is_seeded_once(run: CommandLine) -> None:
    first = run("demo", "seed")
    assert first.exit_code == 0
    assert "+97233726000, +1555" in first.output
    told = first.output.split()
    passwords = [told[place + 3] for place, word in enumerate(told) if word == "(shown"]
    with run.parts.database.read() as session:
        operator, owner = session.scalars(select(User).order_by(User.id)).all()
        membership = session.scalars(select(Membership)).one()
    assert (operator.is_owner, owner.is_owner) == (False, True)
    assert (membership.user_id, membership.role) == (operator.id, "operator")
    assert password_matches(operator.password_hash, passwords[0])
    assert password_matches(owner.password_hash, passwords[1])
    again = run("demo", "seed")
    assert (again.exit_code, again.output) == (0, "The demo business is there already.\n")
    assert run("demo", "seed", "--if-empty").output == ""
    with run.parts.database.read() as session:
        assert len(session.scalars(select(Business)).all()) == 1


def test_the_demo_can_be_had_without_a_history(run: CommandLine) -> None:
    assert run("demo", "seed", "--no-history").exit_code == 0
    with run.parts.database.read() as session:
        assert session.scalars(select(Lead)).all() == []
        assert len(session.scalars(select(User)).all()) == 2


def test_if_empty_leaves_a_house_in_use_alone(run: CommandLine) -> None:
    add_business(run)
    assert run("demo", "seed", "--if-empty").output == ""
    with run.parts.database.read() as session:
        assert session.scalars(select(User)).all() == []
        assert len(session.scalars(select(Business)).all()) == 1


def test_if_empty_seeds_an_empty_house(run: CommandLine) -> None:
    assert "owner@example.com" in run("demo", "seed", "--if-empty").output


def test_an_existing_user_keeps_the_house(run: CommandLine) -> None:
    run("owner", "create", "--email", "a@example.com", "--password-stdin", stdin="long enough\n")
    assert "Password" not in run("demo", "seed").output
    with run.parts.database.read() as session:
        assert len(session.scalars(select(User)).all()) == 1


def test_the_tables_go_up_and_down(bare: CommandLine) -> None:
    assert bare("db", "upgrade").exit_code == 0
    assert "business" in inspect(bare.parts.database.engine).get_table_names()
    assert bare("db", "upgrade").exit_code == 0
    assert bare("demo", "seed").exit_code == 0
    bare.parts.database.engine.dispose()
    assert bare("db", "downgrade", "--revision", "base").exit_code == 0
    assert "business" not in inspect(bare.parts.database.engine).get_table_names()
    bare.fails("db", "upgrade", "--revision", "nonsense")


def test_the_example_of_settings_is_printed_as_it_is(bare: CommandLine) -> None:
    assert bare("settings", "example").stdout == env_example()
