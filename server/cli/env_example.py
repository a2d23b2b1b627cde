"""``.env.example``: the settings as a file to copy."""

from __future__ import annotations

from server.settings import INSTANCE_DIR, RESERVED, Settings


def env_example() -> str:
    """Return the text of ``.env.example``: every variable, what it does and its default."""
    lines = [
        "# Every setting of Maane. Copy to .env and fill in what you need; empty means default.",
        "# Written by `flask --app wsgi settings example`.",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = {True: "1", False: "0"}.get(default) if isinstance(default, bool) else None
        if shown is None:
            shown = str(default).replace(str(INSTANCE_DIR), "instance")
        note = " Not acted on by this release." if name in RESERVED else ""
        lines += ["", f"# {field.description}{note}"]
        in_place = name in ("database_url", "media_dir")
        lines.append(f"{name.upper()}=" if in_place else f"{name.upper()}={shown}")
        if in_place:
            lines[-2] += f" Default: {shown}"
    return "\n".join(lines) + "\n"
