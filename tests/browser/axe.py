"""What axe-core says of a page: barriers for people who use a screen reader, a keyboard, a zoom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe.min.js"
GRAVE = ("serious", "critical")

_RUN = """
async () => {
  // What lies under a bar that sticks to an edge would count as small.
  window.scrollTo({ top: 0, behavior: "instant" });
  return (await axe.run(document, {
    resultTypes: ["violations"],
    preload: false, // it copies the style sheets of shadow roots, which the page's policy refuses
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations;
}
"""


def barriers(page: Page, impacts: tuple[str, ...] = GRAVE) -> list[str]:
    """Return the violations of these impacts, a readable paragraph each.

    axe comes in through the debugger, so the page's own content security policy stays in force;
    it must not copy the style sheets of shadow trees, which that policy forbids.
    """
    page.wait_for_load_state()
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(SOURCE.read_text())
    return [_told(found) for found in page.evaluate(_RUN) if found["impact"] in impacts]


def check_accessible(page: Page) -> None:
    """Fail, with a report, where the page has a serious or critical barrier."""
    found = barriers(page)
    assert not found, f"{page.url} has barriers:\n" + "\n".join(found)


def _told(violation: dict[str, Any]) -> str:
    lines = [f"{violation['impact']}: {violation['help']} [{violation['id']}]"]
    for node in violation["nodes"][:8]:
        lines.append(f"    {node['html'][:200]}")
        why = node["any"] + node["all"] + node["none"]
        lines += [f"        {reason['message']}" for reason in why[:3]]
    if len(violation["nodes"]) > 8:
        lines.append(f"    … and {len(violation['nodes']) - 8} more places")
    return "\n".join(lines)
