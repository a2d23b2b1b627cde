"""What every command has in common: an application context, and errors of one line."""

from __future__ import annotations

from typing import Any

import click
from alembic.util.exc import CommandError
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from server.db import is_unavailable
from server.errors import MaaneError

_SQLITE_MISSING = ("no such table", "no such column", "unable to open database file")
_UNDEFINED = ("42P01", "42703")
"""PostgreSQL: undefined table, undefined column."""


class CommandGroup(AppGroup):
    """A group of commands that fail with one line and exit code 1, never with a traceback.

    Only errors that a person can do something about are turned into a line; any other is a
    defect and shows itself.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except MaaneError as error:
            raise click.ClickException(error.message) from error
        except CommandError as error:  # Alembic: unknown revision and the like
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            raise click.ClickException(database_line(error)) from error


def database_line(error: DBAPIError) -> str:
    """Return what is wrong with the database, and the cure where there is one, in one line."""
    reason = str(error.orig).strip().split("\n")[0]
    missing = any(words in reason for words in _SQLITE_MISSING)
    if missing or getattr(error.orig, "pgcode", None) in _UNDEFINED:
        return "the database lacks this release's tables; run: flask --app wsgi db upgrade"
    if is_unavailable(error):
        return f"the database does not answer: {reason}"
    return f"the database refused: {reason}"
