"""``flask token``: bearer tokens of the JSON API."""

from __future__ import annotations

import click
from sqlalchemy import select

from server.accounts import COMMAND_LINE, create_token, revoke_token
from server.cli.base import CommandGroup
from server.models import ROLES, ApiToken
from server.wiring import services

group = CommandGroup("token", help="Bearer tokens of the JSON API.")


@group.command("create")
@click.option("--name", required=True, help="What the token is called; shown in the audit log.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What it may do.")
@click.option(
    "--business", "business_id", type=int, metavar="ID", help="Its business (not for owners)."
)
def create(name: str, role: str, business_id: int | None) -> None:
    """Create a token and print it alone; only its hash is kept."""
    with services().database.write() as session:
        token = create_token(session, name, role, business_id, actor=COMMAND_LINE)
    click.echo(token)


@group.command("list")
def list_tokens() -> None:
    """List the tokens: id, name, role, business, creation, state."""
    with services().database.read() as session:
        rows = session.scalars(select(ApiToken).order_by(ApiToken.id)).all()
    for row in rows:
        business = "all" if row.business_id is None else str(row.business_id)
        state = "active" if row.revoked_at is None else f"revoked {row.revoked_at:%Y-%m-%d %H:%M}"
        created = f"{row.created_at:%Y-%m-%d %H:%M}"
        click.echo("\t".join((str(row.id), row.name, row.role, business, created, state)))


@group.command("revoke")
@click.argument("token_id", type=int, metavar="ID")
def revoke(token_id: int) -> None:
    """Revoke the token with this ID (see `token list`); it is refused from now on."""
    with services().database.write() as session:
        row = revoke_token(session, token_id, actor=COMMAND_LINE)
    click.echo(f"Token {row.id} ({row.name}) is revoked.")
