"""The pages beside a year of calls: the server's time for each, and what a running call feels."""

from __future__ import annotations

import http.client
import re
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from tests.bench.cards import off_rhythm
from tests.bench.figures import Figure, table
from tests.bench.speech_corpus import bursts
from tests.browser.site import PASSWORD, Site, email_of, running_site
from tests.e2e.calling import answered_call, hear_greeting
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply
from tests.pages import PAGES

LEADS, FAQS = 10_000, 200
_REQUESTS = 40
_LISTEN_SECONDS = 25.0
_THINK_SECONDS = 0.2
"""Between two clicks of somebody who clicks as fast as they can."""


def report() -> str:
    """Measure and return the table."""
    with (
        tempfile.TemporaryDirectory() as name,
        FakeOpenAIHttp() as requests,
        FakeRealtime(RealtimeOptions(), http=requests) as openai,
        running_site(
            Path(name),
            leads=LEADS,
            faqs=FAQS,
            OPENAI_BASE_URL=openai.base_url,
            OPENAI_API_KEY="sk-bench",
        ) as site,
    ):
        visitor = Visitor(site)
        figures = measure_pages(visitor, site)
        alone = _rhythm(site, openai, "frames of a call alone: off their rhythm", None)
        beside = _rhythm(site, openai, "beside somebody clicking through all pages", visitor)
        beside.wanted = "p99 < 20"
        p99 = ", ".join(f"{one.name}: {one.quantile(0.99):.1f}" for one in (alone, beside))
        return f"{table([*figures, alone, beside])}\np99 ms: {p99}"


class Visitor:
    """An owner's browser as far as the server sees it: one connection, cookies, no scripts."""

    def __init__(self, site: Site) -> None:
        self._host = urllib.parse.urlsplit(site.url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=30)
        self._cookies: dict[str, str] = {}
        form = self.get("/sign-in")[1].decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token is not None, form
        typed = {
            "csrf_token": token[1],
            "email": email_of("owner", "he"),
            "password": PASSWORD,
        }
        status, _ = self._ask("POST", "/sign-in", urllib.parse.urlencode(typed))
        assert status == http.HTTPStatus.SEE_OTHER, status

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of the page at ``path``."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        headers = {
            "Accept": "text/html",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Referer"] = f"http://{self._host}{path}"
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # it was idle for too long; a browser comes again
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self._cookies[cookie] = kept
        return response.status, response.read()


def addresses(site: Site) -> dict[str, str]:
    """Return where each page of the full business is, by name."""
    return {page.name: page.at(site.things) for page in PAGES}


def measure_pages(visitor: Visitor, site: Site) -> list[Figure]:
    """Return the server's time for each page."""
    peer = Figure("GET /version (no work)")
    figures = [peer]
    for _ in range(_REQUESTS):
        peer.values_ms.append(_timed(visitor, "/version"))
    for name, path in addresses(site).items():
        status, _ = visitor.get(path)  # the first one fills caches
        figure = Figure(name if status < 300 else f"{name} ({status})", "p50 < 200", peer=peer)
        for _ in range(_REQUESTS):
            figure.values_ms.append(_timed(visitor, path))
        figures.append(figure)
    return figures


def _timed(visitor: Visitor, path: str) -> float:
    began = time.perf_counter()
    visitor.get(path)
    return (time.perf_counter() - began) * 1000


def _rhythm(site: Site, openai: FakeRealtime, name: str, visitor: Visitor | None) -> Figure:
    """Return by how much the frames of a long answer come off their rhythm of 20 ms."""
    openai.configure(transcribe=lambda *_: "יש לכם מקום מחר", reply=lambda _: Reply("מילה " * 90))
    caller = answered_call(site.server)
    hear_greeting(caller)
    time.sleep(1.2)  # who speaks into the end of the greeting is not taken for a new turn
    (burst,) = bursts(1, -20.0, None)
    began = caller.now
    caller.say(burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)])
    starts = caller.wait_for("agent_starts", after=began)
    stop = threading.Event()
    clicking = threading.Thread(target=_click, args=(visitor, site, stop), daemon=True)
    if visitor is not None:
        clicking.start()
    time.sleep(_LISTEN_SECONDS)
    stop.set()
    if visitor is not None:
        clicking.join(30)
    figure = Figure(name)
    figure.values_ms = off_rhythm(caller, starts.at)
    caller.hang_up()
    return figure


def _click(visitor: Visitor, site: Site, stop: threading.Event) -> None:
    while not stop.is_set():
        for path in addresses(site).values():
            visitor.get(path)
            if stop.wait(_THINK_SECONDS):
                return
