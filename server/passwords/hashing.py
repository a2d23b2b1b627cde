"""Hashing passwords and checking them: argon2id, tens of milliseconds of CPU on purpose.

Only commands call this directly. The server has it done elsewhere (:mod:`server.passwords.desk`).
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import InvalidInputError

MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 10, 1024

_hasher = PasswordHasher()  # argon2id with the parameters that RFC 9106 recommends


def check_password(password: str, field: str = "password") -> None:
    """Do nothing when ``password`` may be somebody's.

    Raises:
        InvalidInputError: it is too short or too long.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise InvalidInputError(
            field,
            f"the password must have at least {MIN_PASSWORD_CHARS} characters",
            code="password_short",
        )
    if len(password) > MAX_PASSWORD_CHARS:
        raise InvalidInputError(
            field,
            f"the password must have at most {MAX_PASSWORD_CHARS} characters",
            code="password_long",
        )


def password_bytes(password: str) -> bytes:
    """Return what is hashed of ``password``; half a surrogate pair is no reason to fail."""
    return password.encode("utf-8", "surrogatepass")


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``.

    Raises:
        InvalidInputError: it is too short or too long.
    """
    check_password(password)
    return hash_bytes(password_bytes(password))


def hash_bytes(password: bytes) -> str:
    """Return the argon2id hash of a password that has been checked."""
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Tell whether ``password`` is the one that ``password_hash`` was made of."""
    return bytes_match(password_hash, password_bytes(password))


def bytes_match(password_hash: str, password: bytes) -> bool:
    """See :func:`password_matches`."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
