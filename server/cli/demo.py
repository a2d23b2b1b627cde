"""``flask demo``: something to try the server with."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from server.accounts import COMMAND_LINE, record_change
from server.cli.base import CommandGroup
from server.clock import utc_now
from server.demo import seed_demo_business, seed_demo_history, seed_demo_team
from server.demo.sound import local_voice
from server.models import Business, User
from server.prompt_versions import first_version
from server.wiring import services

group = CommandGroup("demo", help="The demo business.")


@group.command("seed")
@click.option(
    "--if-empty", is_flag=True, help="Do nothing, and print nothing, when there are businesses."
)
@click.option(
    "--history/--no-history",
    default=True,
    help="With the calls of the last weeks (the default), or without any.",
)
def seed(if_empty: bool, history: bool) -> None:
    """Create the demo business with its history, and an owner and an operator to sign in as.

    Can be run again: the business is created only while none rings at its numbers, the users
    only while there are none. Their passwords are printed this once.
    """
    parts = services()
    database = parts.database
    with database.read() as session:
        if if_empty and session.scalar(select(func.count(Business.id))):
            return
        has_users = session.scalar(select(User.id).limit(1)) is not None
    team = () if has_users else seed_demo_team(database)
    with database.write() as session:
        business = seed_demo_business(session)
        if business is not None:
            record_change(
                session,
                COMMAND_LINE,
                "business.create",
                business_id=business.id,
                target=f"business:{business.id}",
            )
            calls = 0
            if history:
                storage = parts.recordings.storage
                calls = seed_demo_history(session, business, utc_now(), storage, local_voice())
            else:
                first_version(session, business, actor=COMMAND_LINE)
    if business is None:
        click.echo("The demo business is there already.")
    else:
        numbers = ", ".join(number.e164 for number in business.numbers)
        click.echo(f"Demo business: {business.name} (id {business.id}), numbers {numbers}")
        if calls:
            click.echo(f"History: {calls} calls, each with its lead")
    for person in team:
        click.echo(f"Sign in as: {person.email}")
        click.echo(f"Password (shown only now): {person.password}")
