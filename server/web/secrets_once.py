"""The page that shows something this once: a link, or a key."""

from __future__ import annotations

from typing import Any

from flask import render_template


def shown_once(title: str, label: str, secret: str, **more: Any) -> str:
    """Return the page with ``secret``, ready to be copied; it is stored nowhere.

    It is the answer to the form itself: a redirect would have to keep the secret on its way.

    Args:
        title: of the page.
        label: what the secret is.
        more: ``text`` explains what to do with it, ``note`` what becomes of it, ``back`` is where
            one goes on.
    """
    return render_template("account/once.html", title=title, label=label, secret=secret, **more)
