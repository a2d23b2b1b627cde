"""Client events that start and stop responses."""

from typing import TYPE_CHECKING

from . import rules
from .conversation import Item, new_id
from .handlers import Handler
from .options import ContextItem, Json, ReplyContext
from .records import ResponseRecord
from .responses import ResponseRun
from .schema import ClientError

if TYPE_CHECKING:
    from .session import Session


_RATE_LIMITS = [
    {"name": "requests", "limit": 5000, "remaining": 4999, "reset_seconds": 0.012},
    {"name": "tokens", "limit": 400000, "remaining": 398000, "reset_seconds": 0.3},
]


class ResponseEvents:
    """Handles ``response.create`` and ``response.cancel``."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def handlers(self) -> dict[str, Handler]:
        """Client event type -> its handler."""
        return {
            "response.create": self._on_response_create,
            "response.cancel": self._on_response_cancel,
        }

    def _on_response_create(self, event: Json, at: float) -> None:
        request: Json = event.get("response", {})
        config = self._session.record.config
        rules.check_response_request(request, config, audio_started=self._session.audio_started)
        items = self._context_items(request)
        out_of_band = request.get("conversation") == "none"
        if not out_of_band and self._session.active is not None:
            raise ClientError(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress: "
                f"{self._session.active.record.id}. Wait until the response is finished "
                "before creating a new one.",
                race=True,
            )
        effective = {**config, **request}
        modality: str = effective["output_modalities"][0]
        output_format: Json = {
            **config["audio"]["output"],
            **request.get("audio", {}).get("output", {}),
        }["format"]
        if modality == "audio" and self._session.options.require_pcmu:
            self._expect_pcmu(output_format, event, at)
        record = ResponseRecord(
            id=new_id("resp"),
            created_at=at,
            instructions=effective["instructions"],
            out_of_band=out_of_band,
            metadata=request.get("metadata") or {},
            request=request,
        )
        context = ReplyContext(
            session=self._session.record,
            items=items,
            instructions=record.instructions,
            out_of_band=out_of_band,
            metadata=record.metadata,
            request=request,
            tools=effective["tools"],
        )
        run = ResponseRun(
            self._session,
            record,
            context,
            modality=modality,
            output_format=output_format,
        )
        self._session.runs[record.id] = run
        if not out_of_band:
            self._session.active = run
        self._session.record.responses.append(record)
        self._session.emit("response.created", response=run.wire())
        if not self._session.options.stall_after_create:
            self._session.emit("rate_limits.updated", rate_limits=_RATE_LIMITS)
        run.start()

    def _expect_pcmu(self, output_format: Json, event: Json, at: float) -> None:
        """Complain of a response in another format than the telephone's; it runs all the same."""
        if output_format["type"] != "audio/pcmu":
            message = f"expected audio/pcmu, got {output_format['type']}"
            fault = ClientError("invalid_value", message, "session.audio.output.format")
            self._session.refuse(fault, event, at)

    def _context_items(self, request: Json) -> tuple[ContextItem, ...]:
        """What the model sees: the conversation, or the request's own ``input``."""
        if "input" not in request:
            return self._session.conversation.views()
        views: list[ContextItem] = []
        for index, body in enumerate(request["input"]):
            if body["type"] == "item_reference":
                views.append(self._session.existing_item(body["id"], "reference").view())
            else:
                rules.check_item(body, f"response.input.{index}")
                views.append(Item(body.get("id") or new_id("item"), body).view())
        return tuple(views)

    def _on_response_cancel(self, event: Json, at: float) -> None:
        wanted = event.get("response_id")
        run = self._session.active if wanted is None else self._session.runs.get(wanted)
        if run is None or run.cancelled:
            raise ClientError(
                "response_cancel_not_active",
                "Cancellation failed: no active response found",
                race=wanted is None
                or any(past.id == wanted for past in self._session.record.responses),
            )
        run.cancel()
