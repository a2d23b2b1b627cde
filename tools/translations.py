"""Bring the pages' translations up to date: ``python -m tools.translations``.

Collects what ``_()`` marks in the server and the templates, brings every catalogue of
``client/translations`` up to it, and compiles them. ``--check`` changes nothing and fails where
something is not translated or a compiled catalogue is older than its text.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "client" / "translations"
LANGUAGES = ("he",)
"""Those with a catalogue; English is what the source says."""

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_METHODS = [("server/**.py", "python"), ("client/templates/**.html", "jinja2")]
_KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
}


def collected() -> Catalog:
    """Return everything that is marked for translation."""
    found = Catalog(project="Maane", charset="utf-8")
    for folder in ("server", "client/templates"):
        methods = [(pattern.removeprefix(f"{folder}/"), how) for pattern, how in _METHODS]
        for _name, _line, message, _comments, context in extract_from_dir(
            ROOT / folder, methods, keywords=_KEYWORDS
        ):
            found.add(message, context=context)
    return found


def path_of(language: str) -> Path:
    """Return where the catalogue of ``language`` is."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return the catalogue of ``language`` as it is."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Maane", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def as_text(catalogue: Catalog) -> bytes:
    """Return the catalogue as its file holds it: sorted, without what changes by itself."""
    written = io.BytesIO()
    write_po(
        written, catalogue, width=100, no_location=True, omit_header=False, sort_output=True,
        ignore_obsolete=True,
    )  # fmt: skip
    kept = [
        line
        for line in written.getvalue().splitlines(keepends=True)
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b"# ", b"#\n"))
    ]
    return b"".join(kept)


def as_binary(catalogue: Catalog) -> bytes:
    """Return the catalogue as programs read it; the same bytes for the same text."""
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    written = io.BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return what has no translation."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and (message.fuzzy or not all(_strings(message.string)))
    ]


def _strings(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [string or ""] if isinstance(string, str | None) else list(string)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, tell what is missing")
    check = parser.parse_args().check
    template, faults = collected(), []
    for language in LANGUAGES:
        catalogue = read(language)
        known = {message.id for message in catalogue if message.id}
        catalogue.update(template, no_fuzzy_matching=True)
        path = path_of(language)
        text, binary = as_text(catalogue), as_binary(read_po(io.BytesIO(as_text(catalogue))))
        compiled = path.with_suffix(".mo")
        faults += [f"{language}: {one!r} is not translated" for one in untranslated(catalogue)]
        if check:
            wanted = {message.id for message in template if message.id}
            faults += [f"{language}: {one!r} is not collected" for one in wanted - known]
            if not compiled.exists() or compiled.read_bytes() != binary:
                faults.append(f"{language}: {compiled.name} is not what {path.name} says")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            compiled.write_bytes(binary)
    print("\n".join(faults) if faults else "everything is translated")
    sys.exit(1 if faults and check else 0)


if __name__ == "__main__":
    main()
