"""The tree of errors that Maane raises on purpose.

    MaaneError
    ├── SettingsError        a setting is missing or wrong; names the variable
    ├── NotFoundError        the object does not exist, or is not this caller's to see
    ├── ConflictError        the change collides with what is stored
    ├── InvalidInputError    a field is wrong; carries the field's name
    ├── ForbiddenError       signed in, but the role does not allow it
    ├── CapacityError        too much of it at once; later is fine
    ├── ThrottledError       tried too often; carries how long to wait
    ├── UnavailableError     a part of this server cannot answer now; try again soon
    ├── DatabaseBusyError    the database stayed locked for longer than we wait
    ├── ProviderError        an outside service failed, refused or was too slow
    └── ProtocolError        a peer broke its wire protocol

Every error carries a stable ``code``: logs, the API and tests speak of codes, people read messages.
"""

from __future__ import annotations


class MaaneError(Exception):
    """Base of all deliberate errors.

    Args:
        message: one sentence for a person.
        code: stable machine-readable name; the class's own by default.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class SettingsError(MaaneError):
    """A setting is missing or wrong; the message names the environment variable."""

    code = "settings"


class NotFoundError(MaaneError):
    """No such object, or none that this user may know of."""

    code = "not_found"


class ConflictError(MaaneError):
    """The change collides with what is stored (a taken number, an older version)."""

    code = "conflict"


class InvalidInputError(MaaneError):
    """A value from outside is wrong.

    Args:
        field: dotted name of the offending field, as the sender wrote it.
        message: what is wrong with it.
    """

    code = "invalid_input"

    def __init__(self, field: str, message: str, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class ForbiddenError(MaaneError):
    """The role of this user or token does not allow the action."""

    code = "forbidden"


class CapacityError(MaaneError):
    """There is too much of it at this moment; the same may be tried again later."""

    code = "too_much"


class ThrottledError(MaaneError):
    """Tried too often in a short while.

    Args:
        wait_seconds: when it is worth trying again.
    """

    code = "too_many"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"Too many attempts; try again in {wait_seconds} seconds.")
        self.wait_seconds = wait_seconds


class UnavailableError(MaaneError):
    """A part of this server is overloaded or was restarted: nothing has happened, try again."""

    code = "unavailable"


class DatabaseBusyError(MaaneError):
    """The database stayed locked for longer than we are ready to wait."""

    code = "database_busy"


class ProviderError(MaaneError):
    """An outside service failed, refused or was too slow."""

    code = "provider"


class ProtocolError(MaaneError):
    """A peer sent what its wire protocol does not allow."""

    code = "protocol"
