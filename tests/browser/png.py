"""Making screenshots small enough for a repository: a browser packs them fast, not hard."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS")


def repack(path: Path) -> None:
    """Rewrite the file with the same pixels, packed as hard as it goes, without its notes."""
    chunks = list(_chunks(path.read_bytes()))
    pixels = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    kept = [(name, data) for name, data in chunks if name in _KEPT]
    packed = min((_packed(pixels, strategy) for strategy in (0, 1, 3)), key=len)
    path.write_bytes(
        _SIGNATURE
        + b"".join(_chunk(name, data) for name, data in (*kept, (b"IDAT", packed), (b"IEND", b"")))
    )


def _packed(data: bytes, strategy: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, strategy)
    return packer.compress(data) + packer.flush()


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(file):
        (size,) = struct.unpack_from(">I", file, at)
        yield file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
