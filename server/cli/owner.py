"""``flask owner``: the people who own the server."""

from __future__ import annotations

import sys

import click

from server.accounts import COMMAND_LINE, create_user
from server.cli.base import CommandGroup
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
