"""What the owner has set while the server runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from server.clock import utc_now
from server.models.base import Base


class SystemSetting(Base):
    """One setting that differs from the environment's; without a row the environment decides."""

    __tablename__ = "system_settings"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
