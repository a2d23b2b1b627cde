"""``flask settings``: what can be set."""

from __future__ import annotations

import click

from server.cli.base import CommandGroup
from server.settings import env_example

group = CommandGroup("settings", help="The settings.")


@group.command("example")
def example() -> None:
    """Print the text of .env.example: every variable, what it does and its default."""
    click.echo(env_example(), nl=False)
