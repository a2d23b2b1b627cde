"""What the live checks print, and the report that they leave."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.cli.verify.phone import Phone
from server.cli.verify.verdicts import Grade, Verdict
from server.clock import utc_now
from server.settings import Settings


def show(verdict: Verdict) -> None:
    """Print what came of a check, and what was said in it (not of the many streets)."""
    for exchange in verdict.exchanges if verdict.check != "streets" else ():
        waited = "" if exchange.latency_ms is None else f", {exchange.latency_ms:.0f} ms"
        click.echo(f"  caller: {exchange.said}")
        click.echo(f"    understood as: {exchange.heard or '-'}")
        click.echo(f"  agent [{exchange.path or 'no answer'}{waited}]: {exchange.reply or '-'}")
    click.echo(f"  {verdict.grade}: {verdict.figure}")


def print_table(verdicts: list[Verdict]) -> None:
    """Print one line for each check."""
    click.echo("\ncheck      result  measured")
    for verdict in verdicts:
        by = " (by a person)" if verdict.judged_by == "person" else ""
        click.echo(f"{verdict.check:<10} {verdict.grade:<7} {verdict.figure}{by}")


def write_report(
    out: Path, verdicts: list[Verdict], phone: Phone, settings: Settings, url: str, to: str
) -> None:
    """Write everything that was measured and said as JSON, and print where."""
    report: dict[str, Any] = {
        "at": utc_now().isoformat(timespec="seconds"),
        "url": url,
        "to": to,
        "realtime_model": settings.openai_realtime_model,
        "transcribe_model": settings.openai_transcribe_model,
        "calls": phone.calls,
        "failed": [v.check for v in verdicts if v.grade is Grade.FAIL],
        "to_be_judged": [v.check for v in verdicts if v.grade is Grade.JUDGE],
        "checks": [asdict(verdict) for verdict in verdicts],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(f"\n{phone.calls} calls; report: {out}")
