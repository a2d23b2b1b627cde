"""``flask db``: the tables."""

from __future__ import annotations

import click

from server.cli.base import CommandGroup
from server.db.migrate import downgrade, upgrade
from server.wiring import services

group = CommandGroup("db", help="The database's tables.")


@group.command("upgrade")
@click.option("--revision", default="head", show_default=True, help="Where to go.")
def upgrade_command(revision: str) -> None:
    """Bring the tables to this release; makes them where there are none."""
    upgrade(services().settings.database_url, revision)


@group.command("downgrade")
@click.option(
    "--revision", default="-1", show_default=True, help="Where to go; `base` drops every table."
)
def downgrade_command(revision: str) -> None:
    """Take the tables back; the data of dropped tables and columns is lost."""
    downgrade(services().settings.database_url, revision)
