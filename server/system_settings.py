"""Settings that the owner changes while calls run; the environment gives their defaults."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from server.accounts import record_change
from server.clock import Clock, monotonic
from server.db import Database, is_unavailable
from server.models import SystemSetting
from server.settings import Settings

log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 5.0
"""How long another process's change may go unnoticed."""


class Overrides(BaseModel):
    """What differs from the environment; None: nothing does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    faq_fastpath_enabled: bool | None = Field(default=None, strict=True)
    faq_embeddings_enabled: bool | None = Field(default=None, strict=True)
    faq_min_score: float | None = Field(default=None, ge=0.75, le=0.85, strict=True)


class SystemSettings:
    """The settings of this moment. Asking for them never touches the database."""

    def __init__(self, database: Database, settings: Settings, clock: Clock = monotonic) -> None:
        self._database = database
        self._clock = clock
        self.environment = settings
        """What holds where nothing has been changed."""
        self.overrides = Overrides()
        self._current = settings
        self._loaded_at = clock()
        self._loading = threading.Lock()
        self._refreshing = threading.Lock()

    def current(self) -> Settings:
        """Return the settings as they are now; an old copy is read anew in the background."""
        if self._clock() - self._loaded_at >= MAX_AGE_SECONDS and self._refreshing.acquire(
            blocking=False
        ):
            self._loaded_at = self._clock()
            threading.Thread(target=self._refresh, name="system-settings", daemon=True).start()
        return self._current

    def load(self) -> None:
        """Read what has been changed.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer; what was known stays.
        """
        with self._loading:
            with self._database.read() as session:
                rows = {row.name: row.value for row in session.scalars(select(SystemSetting))}
            self.overrides = _readable(rows)
            changed = self.overrides.model_dump(exclude_none=True)
            self._current = self.environment.model_copy(update=changed)
            self._loaded_at = self._clock()

    def load_if_possible(self) -> None:
        """Read what has been changed, or log why not."""
        try:
            self.load()
        except Exception as error:
            if not is_unavailable(error):
                log.exception("[SETTINGS] reading what was changed failed")
            else:
                log.warning("[SETTINGS] database unavailable: %s", type(error).__name__)

    def change(self, changes: Mapping[str, Any], actor: str) -> None:
        """Store ``changes`` by name and use them from now on; None: as in the environment.

        Args:
            changes: values that :class:`Overrides` takes.
            actor: who makes them, for the audit log.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        if not changes:
            return
        with self._database.write() as session:
            for name, value in changes.items():
                row = session.get(SystemSetting, name)
                if value is None:
                    if row is not None:
                        session.delete(row)
                elif row is None:
                    session.add(SystemSetting(name=name, value=value))
                else:
                    row.value = value
            detail = dict(changes)
            record_change(session, actor, "system.update", target="system", detail=detail)
        self.load()
        log.info("[SETTINGS] changed %s", " ".join(f"{n}={v}" for n, v in changes.items()))

    def _refresh(self) -> None:
        try:
            self.load_if_possible()
        finally:
            self._refreshing.release()


def _readable(rows: Mapping[str, Any]) -> Overrides:
    """Return what is stored; what cannot be read costs itself."""
    kept: dict[str, Any] = {}
    for name, value in rows.items():
        try:
            Overrides.model_validate({name: value})
        except ValidationError:
            log.warning("[SETTINGS] stored %s cannot be used", name)
        else:
            kept[name] = value
    return Overrides.model_validate(kept)
