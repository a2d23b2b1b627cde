"""``flask settings``: what can be set."""

from __future__ import annotations

import click

from server.cli.base import CommandGroup
from server.cli.env_example import env_example
from server.wiring import services

group = CommandGroup("settings", help="The settings.")


@group.command("example")
def example() -> None:
    """Print the text of .env.example: every variable, what it does and its default."""
    click.echo(env_example(), nl=False)


@group.command("address")
def address() -> None:
    """Print where the server is found, and what to try first."""
    settings = services().settings
    here = f"http://127.0.0.1:{settings.port}"
    click.echo(f"Maane answers at {settings.public_base_url or here}")
    click.echo(f"  state of its parts  {here}/healthz")
    click.echo(f"  JSON API            {here}/api/openapi.json")
    click.echo("  a first call        make call   (in another terminal)")
