"""The running server that the browser tests visit, with businesses and people in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from server.db import Database, engine_options
from server.models import Lead
from tests.browser.furniture import LANGUAGES, PASSWORD, Ids, email_of, furnish
from tests.crowds import fill, fill_faqs
from tests.e2e.server_process import ServerProcess
from tests.pages import things_of
from tests.scenes import Scene
from tests.seeds import add_scene


class Site:
    """A server with a furnished database."""

    def __init__(
        self, directory: Path, *, leads: int = 0, faqs: int = 0, history: bool = False, **env: str
    ) -> None:
        self.media_dir = directory / "media"
        self.server = ServerProcess(
            directory, f"sqlite:///{directory}/maane.db", media_dir=self.media_dir, **env
        )
        self.url = self.server.base_url
        if history:
            self.server.flask("db", "upgrade")
            self.server.flask("demo", "seed")
        self.server.prepare()
        url = self.server.environment["DATABASE_URL"]
        self.database = Database(create_engine(url, **engine_options(url)))
        self._log_at = 0
        with self.write() as session:
            self.ids = furnish(session, self.media_dir, lived_in=history)
            if leads:
                fill(session, self.ids.garage, leads=leads)
            if faqs:
                fill_faqs(session, self.ids.garage, faqs)

    @property
    def garage(self) -> int:
        """The id of the demo business, in which the people work."""
        return self.ids.garage

    @property
    def things(self) -> dict[str, object]:
        """What stands in the paths of the demo business's pages: its newest lead…"""
        return self.things_of(self.garage)

    def things_of(self, business_id: int) -> dict[str, object]:
        """Return what stands in the paths of this business's pages, as far as it is there."""
        with self.read() as session:
            return things_of(session, business_id)

    def read(self) -> contextlib.AbstractContextManager[Session]:
        """Give a session that reads the server's database."""
        return self.database.read()

    def write(self) -> contextlib.AbstractContextManager[Session]:
        """Give a session whose changes are committed.

        The server's copies in RAM (business, answers) do not notice: change those by the API
        (``server.send``).
        """
        return self.database.write()

    def add(self, scene: Scene, business_id: int | None = None) -> int:
        """Add a call with its lead and recording; return the lead's id."""
        with self.write() as session:
            return add_scene(
                session, business_id or self.garage, scene, media_dir=self.media_dir
            ).id

    def call_sid(self, lead_id: int) -> str:
        """Return the name of the call that made this lead."""
        with self.read() as session:
            return session.get_one(Lead, lead_id).call_sid

    def new_log(self) -> str:
        """Return what the server has logged since this was last asked."""
        with self.server.log_path.open(errors="replace") as log:
            log.seek(self._log_at)
            text = log.read()
            self._log_at = log.tell()
        return text

    def stop(self) -> None:
        """End the server."""
        self.database.engine.dispose()
        self.server.stop()


@contextlib.contextmanager
def running_site(
    directory: Path, *, leads: int = 0, faqs: int = 0, history: bool = False, **env: str
) -> Iterator[Site]:
    """Give a site that is served; it is stopped afterwards.

    Args:
        directory: for its database, media and log.
        leads: how many the demo business has beside a few that read like life.
        faqs: how many answers it has beside its own.
        history: whether the demo business comes with its past, as `make run` has it.
        env: settings of the server.
    """
    site = Site(directory, leads=leads, faqs=faqs, history=history, **env)
    site.server.start()
    try:
        yield site
    finally:
        site.stop()


__all__ = ["LANGUAGES", "PASSWORD", "Ids", "Site", "email_of", "running_site"]
