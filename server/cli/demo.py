"""``flask demo``: something to try the server with."""

from __future__ import annotations

import secrets

import click
from sqlalchemy import func, select

from server.accounts import COMMAND_LINE, create_user, record_change
from server.cli.base import CommandGroup
from server.demo import OWNER_EMAIL, seed_demo_business
from server.models import Business, User
from server.wiring import services

group = CommandGroup("demo", help="The demo business.")


@group.command("seed")
@click.option(
    "--if-empty", is_flag=True, help="Do nothing, and print nothing, when there are businesses."
)
def seed(if_empty: bool) -> None:
    """Create the demo business and an owner to sign in as.

    Can be run again: the business is created only while none rings at its numbers, the owner
    only while there are no users. The owner's password is printed this once.
    """
    database = services().database
    with database.write() as session:
        if if_empty and session.scalar(select(func.count(Business.id))):
            return
        business = seed_demo_business(session)
        if business is not None:
            record_change(
                session,
                COMMAND_LINE,
                "business.create",
                business_id=business.id,
                target=f"business:{business.id}",
            )
        has_users = session.scalar(select(User.id).limit(1)) is not None
    if business is None:
        click.echo("The demo business is there already.")
    else:
        numbers = ", ".join(number.e164 for number in business.numbers)
        click.echo(f"Demo business: {business.name} (id {business.id}), numbers {numbers}")
    if not has_users:
        password = secrets.token_urlsafe(12)
        create_user(database, OWNER_EMAIL, password, is_owner=True, actor=COMMAND_LINE)
        click.echo(f"Sign in as: {OWNER_EMAIL}")
        click.echo(f"Password (shown only now): {password}")
