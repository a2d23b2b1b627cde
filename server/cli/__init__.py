"""The commands of ``flask --app wsgi``, one module per group."""

from __future__ import annotations

from flask import Flask

from server.cli import database, demo, jobs, owner, settings, token
from server.cli.call import call_command
from server.cli.connect import connect_command
from server.cli.verify.command import verify_live_command


def register_commands(app: Flask) -> None:
    """Put every command on ``app``."""
    for module in (owner, token, demo, jobs, database, settings):
        app.cli.add_command(module.group)
    app.cli.add_command(call_command)
    app.cli.add_command(connect_command)
    app.cli.add_command(verify_live_command)
