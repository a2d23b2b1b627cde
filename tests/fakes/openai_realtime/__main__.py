"""Serve the stand-in from a shell: ``python -m tests.fakes.openai_realtime --port 9000``."""

import argparse
import sys
import threading
from collections.abc import Sequence

from .options import RealtimeOptions
from .records import SessionRecord
from .replies import scripted_replies
from .server import FakeRealtime


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until interrupted."""
    flags = _parser().parse_args(arguments)
    with FakeRealtime(options_from(flags), host=flags.host, port=flags.port) as fake:
        print(f"OPENAI_BASE_URL={fake.base_url}", flush=True)
        try:
            _report(fake, verbose=flags.verbose)
        except KeyboardInterrupt:
            print("stopping", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.openai_realtime")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one")
    parser.add_argument("--first-audio-ms", type=float, default=300)
    parser.add_argument("--transcript-ms", type=float, default=50)
    parser.add_argument("--audio-pace", type=float, default=8.0, help="1 is real time, 0 at once")
    parser.add_argument(
        "--transcript",
        action="append",
        default=[],
        metavar="TEXT",
        help="what the caller says, one per turn; each call starts from the first",
    )
    parser.add_argument(
        "--reply",
        action="append",
        default=[],
        metavar="TEXT",
        help="what the agent answers, in order over all calls; then the default answers",
    )
    parser.add_argument("--refuse", type=int, metavar="STATUS", help="refuse every handshake")
    parser.add_argument("--stall", action="store_true", help="responses never get audio")
    parser.add_argument("--rate-limit", action="store_true", help="every response fails")
    parser.add_argument("--drop-after-ms", type=int, metavar="MS", help="cut TCP mid-answer")
    parser.add_argument("--expire-after-s", type=float, metavar="SECONDS")
    parser.add_argument("--unknown-events", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="log every event but audio")
    return parser


def options_from(flags: argparse.Namespace) -> RealtimeOptions:
    """Options for parsed flags."""
    transcripts: list[str] = flags.transcript

    def transcribe(session: SessionRecord, audio: bytes, index: int) -> str:
        return transcripts[index] if index < len(transcripts) else ""

    return RealtimeOptions(
        reply=scripted_replies(flags.reply),
        transcribe=transcribe,
        first_audio_delay_ms=flags.first_audio_ms,
        transcript_delay_ms=flags.transcript_ms,
        audio_pace=flags.audio_pace,
        refuse=flags.refuse,
        stall_after_create=flags.stall,
        rate_limit_responses=flags.rate_limit,
        drop_mid_answer_after_ms=flags.drop_after_ms,
        expire_session_after_s=flags.expire_after_s,
        unknown_events=flags.unknown_events,
    )


def _report(fake: FakeRealtime, *, verbose: bool) -> None:
    """Log violations (and events, when ``verbose``) to stderr as they come; never returns."""
    seen = _Seen()
    while True:
        fake.wait_until(lambda running: seen.news(running, verbose=verbose), threading.TIMEOUT_MAX)
        for line in seen.lines:
            print(line, file=sys.stderr, flush=True)


class _Seen:
    """Remembers how far each session has been reported."""

    _QUIET = ("input_audio_buffer.append", "response.output_audio.delta")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._marks: dict[str, tuple[int, int, int, bool]] = {}

    def news(self, fake: FakeRealtime, *, verbose: bool) -> bool:
        """Collect what is new into ``lines``; False when there is nothing."""
        self.lines = []
        for session in fake.sessions:
            faults, received, sent, was_open = self._marks.get(session.id, (0, 0, 0, False))
            name = f"{session.id[:13]}"
            new_faults, events = session.violations[faults:], session.events[received:]
            replies, is_open = session.sent[sent:], session.open
            if is_open and not was_open:
                self.lines.append(f"{name} opened model={session.model}")
            self.lines += [f"{name} VIOLATION {f.code}: {f.message}" for f in new_faults]
            if verbose:
                timeline = [(e.at, "<-", e.type) for e in events if e.type not in self._QUIET]
                timeline += [(e.at, "->", e.type) for e in replies if e.type not in self._QUIET]
                self.lines += [f"{name} {arrow} {kind}" for _, arrow, kind in sorted(timeline)]
            if was_open and not is_open:
                self.lines.append(f"{name} closed code={session.close_code}")
            self._marks[session.id] = (
                faults + len(new_faults),
                received + len(events),
                sent + len(replies),
                is_open,
            )
        return bool(self.lines)


if __name__ == "__main__":
    main()
