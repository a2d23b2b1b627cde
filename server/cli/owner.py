"""``flask owner``: the people who own the server, and links for who cannot get in."""

from __future__ import annotations

import sys

import click

from server.accounts import COMMAND_LINE, create_user
from server.accounts.links import LIFETIMES, invite, new_reset
from server.accounts.mail import link_address
from server.accounts.people import INVITE, RESET, find_user
from server.cli.base import CommandGroup
from server.errors import NotFoundError
from server.models import OWNER, ROLES
from server.wiring import services

group = CommandGroup("owner", help="Owners: they see and edit every business.")


@group.command("create")
@click.option("--email", required=True, help="What the owner signs in with.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from the first line of standard input instead of asking for it.",
)
def create(email: str, password_stdin: bool) -> None:
    """Create an owner's account."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    user = create_user(services().database, email, password, is_owner=True, actor=COMMAND_LINE)
    click.echo(f"Owner {user.email} created.")


@group.command("reset-link")
@click.option("--email", required=True, help="Whose password is to be set anew; any user's.")
def reset_link(email: str) -> None:
    """Print a link with which a user sets a new password, once, within two hours."""
    with services().database.write() as session:
        user = find_user(session, email)
        if user is None:
            raise NotFoundError(f"there is no user with the e-mail address {email.strip()}")
        _, token = new_reset(session, user, actor=COMMAND_LINE)
    _show(RESET, token)


@group.command("invite")
@click.option("--email", required=True, help="Whom to invite.")
@click.option("--business", "business_id", type=int, metavar="ID", help="To one business only.")
@click.option(
    "--role", type=click.Choice(ROLES), default=OWNER, show_default=True, help="What they will be."
)
def make_invitation(email: str, business_id: int | None, role: str) -> None:
    """Print a link with which somebody joins, once, within seven days."""
    with services().database.write() as session:
        _, token = invite(session, email, role, business_id, actor=COMMAND_LINE, by_owner=True)
    _show(INVITE, token)


def _show(purpose: str, token: str) -> None:
    settings = services().settings
    base = settings.public_base_url or f"http://127.0.0.1:{settings.port}"
    click.echo(link_address(base, purpose, token))
    hours = int(LIFETIMES[purpose].total_seconds() // 3600)
    click.echo(f"It works once, for {hours} hours.", err=True)
