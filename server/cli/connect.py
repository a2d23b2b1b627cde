"""``flask connect``: have a number of the Twilio account ring here."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from server.accounts import COMMAND_LINE
from server.api.connecting import ConnectInput, connect
from server.directory import dialled_number
from server.errors import MaaneError
from server.wiring import services

_STEPS = {
    "configured": "PUBLIC_BASE_URL is set, with https",
    "reached": "the address leads to a Maane",
    "signed": "it takes requests signed with TWILIO_AUTH_TOKEN",
    "guarded": "it refuses unsigned ones",
    "socket": "it takes the media stream's WebSocket",
}


@click.command("connect", help="Have a number of the Twilio account ring at a business here.")
@click.option("--number", required=True, help="The number: +972…, or as dialled at home.")
@click.option("--business", type=int, default=None, help="Id; needed for a number that is new.")
@click.option("--dry-run", is_flag=True, help="Only show what would change at Twilio.")
@click.option("--no-check", is_flag=True, help="Do not look at the public address first.")
@with_appcontext
def connect_command(number: str, business: int | None, dry_run: bool, no_check: bool) -> None:
    """Check the public address, show what changes, change it; exit 1 where something is missing."""
    try:
        business_id = business if business is not None else _business_of(number)
        if not no_check:
            _check()
        body = ConnectInput(number=number, dry_run=dry_run)
        result = connect(business_id, body, COMMAND_LINE)
    except MaaneError as error:
        raise click.ClickException(error.message) from error
    for change in result.changes:
        if change.differs:
            click.echo(f"{change.field}: {change.before or '-'} -> {change.after or '-'}")
    if not any(change.differs for change in result.changes):
        click.echo("Everything at Twilio is set already.")
    if result.adds_number:
        verb = "would become" if dry_run else "is now"
        click.echo(f"{result.number} {verb} a number of business {business_id}.")
    click.echo(
        "Nothing was changed (--dry-run)."
        if dry_run
        else f"{result.number} is connected: ring it now."
    )


def _business_of(number: str) -> int:
    """Return the business that has the number, or the only one there is."""
    directory = services().directory
    directory.load()
    found = directory.by_number(dialled_number(number))
    if found is not None:
        return found.id
    everybody = directory.all()
    if len(everybody) != 1:
        raise click.ClickException("No business has this number yet: name one with --business.")
    return everybody[0].id


def _check() -> None:
    steps = services().reach.run(serving=False)
    for step in steps:
        result = "ok" if step.ok else f"NO ({step.code})"
        click.echo(f"{_STEPS[step.name]}: {result}")
    if not all(step.ok for step in steps):
        raise click.ClickException(
            "The public address is not ready; nothing was changed (--no-check goes on anyway)."
        )
