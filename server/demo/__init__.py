"""Something to try the server with: a garage, and what happened there in the last weeks."""

from __future__ import annotations

from server.demo.business import NUMBERS, seed_demo_business
from server.demo.history import seed_demo_history
from server.demo.team import OPERATOR_EMAIL, OWNER_EMAIL, seed_demo_team

__all__ = [
    "NUMBERS",
    "OPERATOR_EMAIL",
    "OWNER_EMAIL",
    "seed_demo_business",
    "seed_demo_history",
    "seed_demo_team",
]
