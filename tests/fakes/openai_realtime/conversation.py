"""The server's side of a conversation: ordered items, as the service keeps them."""

import base64
import secrets
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from .mulaw import BYTES_PER_MS
from .options import ContextItem, Json
from .schema import ClientError

ROOT = "root"
MAX_ITEM_ID = 32


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``item_1f…``, within the service's 32 characters."""
    return f"{prefix}_{secrets.token_hex(10)}"


@dataclass
class Item:
    """One conversation item.

    ``body`` is the item's JSON without ``id`` and ``object``. ``audio`` is what a user committed
    (input format) or what the assistant has generated so far (always mu-law).
    """

    id: str
    body: Json
    audio: bytearray = field(default_factory=bytearray)

    @property
    def generated_ms(self) -> int:
        """Whole milliseconds of assistant audio that exist and have not been truncated."""
        return len(self.audio) // BYTES_PER_MS

    @property
    def is_assistant(self) -> bool:
        """Whether this is a message of the model."""
        return self.body["type"] == "message" and self.body.get("role") == "assistant"

    def wire(self) -> Json:
        """A snapshot of the item as events show it: with its ids, without audio."""
        return {"id": self.id, "object": "realtime.item", **deepcopy(self.body)}

    def wire_with_audio(self) -> Json:
        """The same with the audio in base64, as ``conversation.item.retrieved`` has it."""
        item = self.wire()
        for part in item.get("content", ()):
            if part["type"] in ("input_audio", "output_audio"):
                part["audio"] = base64.b64encode(self.audio).decode()
        return item

    def view(self) -> ContextItem:
        """The item as a script or a test sees it."""
        parts = self.body.get("content", ())
        spoken = " ".join(filter(None, (_part_text(part) for part in parts)))
        text = {
            "message": spoken,
            "function_call": self.body.get("arguments", ""),
            "function_call_output": self.body.get("output", ""),
        }.get(self.body["type"], "")
        return ContextItem(
            id=self.id,
            kind=self.body["type"],
            role=self.body.get("role"),
            text=text,
            name=self.body.get("name"),
            call_id=self.body.get("call_id"),
            status=self.body.get("status"),
        )


def _part_text(part: Json) -> str:
    return part.get("text") or part.get("transcript") or ""


class Conversation:
    """Items in order. Not thread-safe: the session's lock guards it."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def find(self, item_id: str) -> Item | None:
        """The item with that id, or None."""
        return next((item for item in self._items if item.id == item_id), None)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert ``item`` after the item ``after`` (``"root"``: in front; None: at the end).

        Returns the id of the item now before it, or None. Raises ClientError when ``after`` is
        unknown or the item's id is taken.
        """
        if self.find(item.id):
            raise ClientError("item_id_already_exists", f"Item '{item.id}' exists.", "item.id")
        place = len(self._items)
        if after == ROOT:
            place = 0
        elif after is not None:
            previous = self.find(after)
            if previous is None:
                raise ClientError(
                    "item_create_invalid_previous_item_id",
                    f"Previous item with id '{after}' not found.",
                    "previous_item_id",
                )
            place = self._items.index(previous) + 1
        self._items.insert(place, item)
        return self._items[place - 1].id if place else None

    def remove(self, item: Item) -> None:
        """Take ``item`` out."""
        self._items.remove(item)

    def before(self, item: Item) -> str | None:
        """Id of the item in front of ``item``, or None."""
        place = self._items.index(item)
        return self._items[place - 1].id if place else None

    def has_call(self, call_id: str) -> bool:
        """Whether a function call with that id is in the conversation."""
        return any(
            item.body["type"] == "function_call" and item.body.get("call_id") == call_id
            for item in self._items
        )

    def views(self) -> tuple[ContextItem, ...]:
        """All items as a script sees them."""
        return tuple(item.view() for item in list(self._items))
