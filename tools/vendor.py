"""Fetch what the pages use of others, by version and hash: ``python -m tools.vendor``.

Reads ``client/vendor.toml`` and writes ``client/static/vendor``: the files that it names, one sheet
of icons, and ``sums.txt`` with the SHA-256 of each. ``--check`` fetches nothing and compares what
is there with ``sums.txt``. The result is committed: nobody who runs Maane needs this or the net.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import os
import re
import shutil
import sys
import tarfile
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "client" / "vendor.toml"
FOLDER = ROOT / "client" / "static" / "vendor"
SUMS = "sums.txt"
REGISTRY = os.environ.get("NPM_REGISTRY", "https://registry.npmjs.org")
FETCH_SECONDS = 60
COMPRESS_FROM_BYTES = 20_000
"""Larger texts are kept compressed as well, for browsers that take them so."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NOTHING = re.compile(r'<path stroke="none"[^>]*/>')
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def fetch(package: dict[str, Any]) -> tarfile.TarFile:
    """Return the package as the registry has it.

    Raises:
        SystemExit: its hash is not the pinned one.
    """
    name, version = package["name"], package["version"]
    url = f"{REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as response:  # noqa: S310 - ours
        raw = response.read()
    algorithm, _, wanted = package["integrity"].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, raw).digest()).decode()
    if found != wanted:
        sys.exit(f"{url}: its {algorithm} is {found}, not the pinned {wanted}")
    return tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz")


def member(archive: tarfile.TarFile, path: str) -> bytes:
    """Return one file of a package."""
    file = archive.extractfile(f"package/{path}")
    if file is None:
        sys.exit(f"{path}: no such file")
    return file.read()


def sheet(archive: tarfile.TarFile, names: list[str]) -> bytes:
    """Return the icons with these names as one SVG of symbols."""
    symbols = []
    for name in sorted(set(names)):
        drawn = _COMMENT.sub("", member(archive, f"icons/outline/{name}.svg").decode())
        body = _BODY.search(drawn)
        if body is None:
            sys.exit(f"{name}: no drawing")
        lines = " ".join(_NOTHING.sub("", body.group(1)).split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{lines}</symbol>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    ).encode()


def write(path: Path, content: bytes) -> None:
    """Write a vendored file, and its compressed twin where that saves much."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if path.suffix in {".css", ".js", ".svg"} and len(content) >= COMPRESS_FROM_BYTES:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))


def sums() -> str:
    """Return the SHA-256 of every vendored file, a line each."""
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FOLDER).as_posix()}\n"
        for path in files
    )


def vendor() -> None:
    """Fetch everything anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for package in tomllib.loads(LIST.read_text("utf-8"))["package"]:
        folder = FOLDER / package["folder"]
        with fetch(package) as archive:
            for path in package["files"]:
                write(folder / path.rpartition("/")[2], member(archive, path))
            if "icons" in package:
                write(folder / "icons.svg", sheet(archive, package["icons"]))
    (FOLDER / SUMS).write_text(sums(), "utf-8")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with sums.txt")
    if parser.parse_args().check:
        sys.exit(0 if (FOLDER / SUMS).read_text("utf-8") == sums() else "vendored files differ")
    vendor()


if __name__ == "__main__":
    main()
