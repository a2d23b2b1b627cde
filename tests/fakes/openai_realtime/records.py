"""What a session leaves behind for the test to look at.

Times are ``time.monotonic()`` seconds. Records grow while the session runs; the ``wait`` methods
block on the server's Condition, without polling, and raise TimeoutError with a summary.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from .options import ContextItem, Json

DEFAULT_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class ClientEvent:
    """One event from the client: arrival time, ``type`` ("" when unreadable), parsed JSON."""

    at: float
    type: str
    data: Any


@dataclass(frozen=True)
class ServerEvent:
    """One event handed to the socket's writer, in order."""

    at: float
    type: str
    data: Json


@dataclass(frozen=True)
class Violation:
    """A client event that broke the protocol, or a rule of the product such as manual turns.

    ``event`` is the offending one. ``race``: a correct client may meet this one when its event
    crosses the server's (a cancel just after the end, a create just before it).
    """

    at: float
    code: str
    message: str
    event: Any
    param: str | None = None
    race: bool = False


@dataclass
class Commit:
    """A committed input buffer; ``transcript`` None means that the transcription failed."""

    at: float
    item_id: str
    audio: bytes
    transcript: str | None


@dataclass
class Truncation:
    """A ``conversation.item.truncate``; ``accepted`` False when it was answered by an error."""

    at: float
    item_id: str
    audio_end_ms: int
    accepted: bool


@dataclass
class ResponseRecord:
    """A response the server created. ``status`` is "in_progress" until ``response.done``.

    ``instructions`` are the effective ones, ``request`` the client's overrides. ``text`` is what
    has been said so far, ``audio_ms`` the audio sent so far, ``item_ids`` its output items.
    """

    id: str
    created_at: float
    instructions: str
    out_of_band: bool
    metadata: dict[str, str]
    request: Json
    status: str = "in_progress"
    status_details: Json | None = None
    text: str = ""
    audio_ms: float = 0
    first_audio_at: float | None = None
    cancelled_at: float | None = None
    done_at: float | None = None
    item_ids: list[str] = field(default_factory=list)


@dataclass
class SessionRecord:
    """Everything one connection did. Fields are added to by the server only.

    ``user_agent`` is how the client named itself in the handshake; ``rendering`` sessions read
    sentences aloud, all others belong to calls. ``violations`` holds every protocol fault;
    ``hard_violations`` leaves out the unavoidable races. ``script_errors`` are mistakes of the
    test's own callables.
    """

    id: str
    model: str
    opened_at: float
    changed: Condition = field(repr=False)
    user_agent: str = ""
    config: Json = field(default_factory=dict)
    events: list[ClientEvent] = field(default_factory=list, repr=False)
    sent: list[ServerEvent] = field(default_factory=list, repr=False)
    appended: bytearray = field(default_factory=bytearray, repr=False)
    commits: list[Commit] = field(default_factory=list, repr=False)
    responses: list[ResponseRecord] = field(default_factory=list)
    truncations: list[Truncation] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    script_errors: list[str] = field(default_factory=list)
    conversation: Callable[[], tuple[ContextItem, ...]] = field(default=tuple, repr=False)
    closed_at: float | None = None
    close_code: int | None = None

    @property
    def audio(self) -> bytes:
        """A copy of all audio ever appended, in order, in the input format."""
        return bytes(self.appended)

    @property
    def items(self) -> tuple[ContextItem, ...]:
        """The conversation as it stands: order, transcripts, statuses."""
        return self.conversation()

    @property
    def rendering(self) -> bool:
        """Whether the session renders sentences ahead of calls and belongs to none."""
        return "rendering" in self.user_agent

    @property
    def open(self) -> bool:
        """Whether the socket is still connected."""
        return self.closed_at is None

    @property
    def hard_violations(self) -> list[Violation]:
        """Faults that a correct client never causes."""
        return [violation for violation in self.violations if not violation.race]

    def events_of(self, event_type: str) -> list[ClientEvent]:
        """Client events of one type, oldest first."""
        return [event for event in self.events if event.type == event_type]

    def sent_of(self, event_type: str) -> list[ServerEvent]:
        """Server events of one type, oldest first."""
        return [event for event in self.sent if event.type == event_type]

    def wait_until(
        self,
        condition: Callable[["SessionRecord"], object],
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        """Block until ``condition(self)`` is true; TimeoutError after ``timeout`` seconds."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), timeout):
                raise TimeoutError(f"not within {timeout} s; {self.summary()}")

    def wait_for_event(
        self, event_type: str, count: int = 1, timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> ClientEvent:
        """The ``count``-th client event of that type, waited for if need be."""
        self.wait_until(lambda session: len(session.events_of(event_type)) >= count, timeout)
        return self.events_of(event_type)[count - 1]

    def wait_for_commit(self, count: int = 1, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Commit:
        """The ``count``-th commit, waited for if need be."""
        self.wait_until(lambda session: len(session.commits) >= count, timeout)
        return self.commits[count - 1]

    def wait_for_response(
        self, count: int = 1, timeout: float = DEFAULT_TIMEOUT_SECONDS, *, done: bool = False
    ) -> ResponseRecord:
        """The ``count``-th response created; with ``done``, once it has also ended."""

        def there(session: "SessionRecord") -> bool:
            if len(session.responses) < count:
                return False
            return not done or session.responses[count - 1].done_at is not None

        self.wait_until(there, timeout)
        return self.responses[count - 1]

    def wait_closed(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> int | None:
        """Block until the socket is gone and return its close code (1006: no close frame)."""
        self.wait_until(lambda session: not session.open, timeout)
        return self.close_code

    def summary(self) -> str:
        """One line on the state of the session, for error messages."""
        kinds: dict[str, int] = {}
        for event in list(self.events):
            kinds[event.type] = kinds.get(event.type, 0) + 1
        responses = [f"{response.status}:{response.text!r}" for response in self.responses]
        return (
            f"session {self.id} open={self.open} client events={kinds} responses={responses} "
            f"violations={[violation.message for violation in self.violations]}"
        )
