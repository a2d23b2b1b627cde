"""Ready-made scripts for the model's words."""

import re
from collections.abc import Iterable
from threading import Lock

from .options import Reply, ReplyContext, ReplyScript

FIXED_SENTENCE = "שלום, במה אפשר לעזור?"

# A double quote inside a word (Hebrew gershayim, as in דו"ח) does not open or close a quotation.
_QUOTATIONS = (
    re.compile(r"«\s*(.+?)\s*»", re.DOTALL),
    re.compile(r"“\s*(.+?)\s*”", re.DOTALL),
    re.compile(r'(?<!\w)"\s*(.+?)\s*"(?!\w)', re.DOTALL),
)


def quoted_text(instructions: str) -> str | None:
    """The longest text between « » in ``instructions``, else between double quotes, else None."""
    for pattern in _QUOTATIONS:
        found: list[str] = pattern.findall(instructions)
        if found:
            return max(found, key=len)
    return None


def default_reply(context: ReplyContext) -> Reply:
    """Answer sensibly without a script.

    A response with its own instructions (or out of band) renders the text they quote, or the
    fixed sentence. Any other response repeats what the caller said, or what the tool returned.
    """
    own_instructions = context.request.get("instructions")
    if own_instructions is not None or context.out_of_band:
        return Reply(quoted_text(own_instructions or "") or FIXED_SENTENCE)
    heard = context.last_tool_output or context.last_user_text
    return Reply(f"הבנתי. {heard}" if heard else FIXED_SENTENCE)


def scripted_replies(
    replies: Iterable[Reply | str], then: ReplyScript = default_reply
) -> ReplyScript:
    """A script that gives ``replies`` in order, one to each ordinary response, and then ``then``.

    Out-of-band responses and those with their own instructions always go to ``then``: they are
    renderings, not turns of the conversation.
    """
    waiting = list(replies)
    lock = Lock()

    def reply(context: ReplyContext) -> Reply:
        rendering = context.out_of_band or context.request.get("instructions") is not None
        with lock:
            chosen = waiting.pop(0) if waiting and not rendering else None
        if chosen is None:
            return then(context)
        return Reply(chosen) if isinstance(chosen, str) else chosen

    return reply
