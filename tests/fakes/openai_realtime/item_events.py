"""Client events that change or read conversation items."""

from typing import TYPE_CHECKING

from . import rules
from .conversation import Item, new_id
from .handlers import Handler
from .options import Json
from .records import Truncation
from .schema import ClientError

if TYPE_CHECKING:
    from .session import Session


class ItemEvents:
    """Handles ``conversation.item.*``."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def handlers(self) -> dict[str, Handler]:
        """Client event type -> its handler."""
        return {
            "conversation.item.create": self._on_item_create,
            "conversation.item.truncate": self._on_item_truncate,
            "conversation.item.delete": self._on_item_delete,
            "conversation.item.retrieve": self._on_item_retrieve,
        }

    def _on_item_create(self, event: Json, at: float) -> None:
        body = {"status": "completed", **event["item"]}
        rules.check_item(body)
        if body["type"] == "function_call_output" and not self._session.conversation.has_call(
            body["call_id"]
        ):
            raise ClientError(
                "invalid_tool_call_id",
                f"Tool call ID '{body['call_id']}' not found in conversation.",
                "item.call_id",
            )
        if body["type"] == "function_call":
            body.setdefault("call_id", new_id("call"))
        body.pop("object", None)
        item = Item(body.pop("id", None) or new_id("item"), body)
        previous = self._session.conversation.add(item, event.get("previous_item_id"))
        self._session.announce(item, previous)

    def _on_item_truncate(self, event: Json, at: float) -> None:
        item_id, end_ms = event["item_id"], event["audio_end_ms"]
        truncation = Truncation(at, item_id, end_ms, accepted=False)
        self._session.record.truncations.append(truncation)
        item = self._session.existing_item(item_id, "truncate")
        rules.check_truncation(item, event["content_index"], end_ms)
        del item.audio[end_ms * 8 :]
        item.body["content"] = [{"type": "output_audio"}]
        truncation.accepted = True
        self._session.emit(
            "conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=end_ms
        )

    def _on_item_delete(self, event: Json, at: float) -> None:
        self._session.conversation.remove(self._session.existing_item(event["item_id"], "delete"))
        self._session.emit("conversation.item.deleted", item_id=event["item_id"])

    def _on_item_retrieve(self, event: Json, at: float) -> None:
        item = self._session.existing_item(event["item_id"], "retrieve")
        self._session.emit("conversation.item.retrieved", item=item.wire_with_audio())
