"""The shape of a client event's handler."""

from collections.abc import Callable
from typing import TypeAlias

from .options import Json

Handler: TypeAlias = Callable[[Json, float], None]
"""Acts on a well-formed event that arrived at a monotonic time; ClientError when it is refused.

Called with the session's lock held.
"""
