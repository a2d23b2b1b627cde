"""What a business's calls have cost today, against its daily cap."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from server.api.access import needs
from server.api.business_models import BusinessPath
from server.api.profiles import profile_of
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.calls.costs import day_bounds
from server.clock import utc_now
from server.models import ADMIN, Call
from server.prices import LIST_DATE
from server.wiring import services

blueprint = new_resource("costs", "What calls cost, at list prices.")


class CostView(BaseModel):
    """Today's cost of a business, in US dollars: an estimate at list prices."""

    day: date = Field(description="Today, in the business's zone.")
    today_usd: float = Field(description="Of customers' calls, running ones included.")
    calls: int = Field(description="Customers' calls that have cost anything.")
    test_usd: float = Field(description="Of test calls, which the cap does not count.")
    test_calls: int = Field(description="Test calls that have cost anything.")
    cap_usd: float = Field(description="0: none.")
    reached: bool = Field(
        description="Whether new calls get prepared answers and leave messages only."
    )
    test_reached: bool = Field(
        description="Whether test calls have cost as much as the cap, by themselves: new ones get "
        "prepared answers only."
    )
    prices_of: str = Field(description="Date of the price list; or `own`, by OPENAI_PRICES.")


@blueprint.get(f"/businesses/{BUSINESS_ID}/costs", responses={200: CostView})
@needs(ADMIN)
def get_costs(path: BusinessPath) -> Response:
    """Get what today's calls have cost so far."""
    return answer(cost_today(path.business_id))


def cost_today(business_id: int) -> CostView:
    """Return what today's calls of a business have cost so far.

    Raises:
        NotFoundError: there is no such business.
    """
    parts, business = services(), profile_of(business_id)
    today = utc_now().astimezone(ZoneInfo(business.timezone)).date()
    begins, ends = day_bounds(today, business.timezone)
    with parts.database.read() as session:
        rows = session.execute(
            select(Call.is_test, func.sum(Call.cost_usd), func.count())
            .where(
                Call.business_id == business_id,
                Call.started_at >= begins,
                Call.started_at < ends,
                Call.cost_usd > 0,
            )
            .group_by(Call.is_test)
        ).all()
    spent = {bool(is_test): (float(usd), count) for is_test, usd, count in rows}
    (usd, calls), (test_usd, test_calls) = (
        spent.get(is_test, (0.0, 0)) for is_test in (False, True)
    )
    return CostView(
        day=today,
        today_usd=round(usd, 4),
        calls=calls,
        test_usd=round(test_usd, 4),
        test_calls=test_calls,
        cap_usd=business.settings.daily_cost_cap_usd,
        reached=parts.calls.costs.is_over(business),
        test_reached=parts.calls.costs.is_over(business, is_test=True),
        prices_of="own" if parts.settings.openai_prices else LIST_DATE,
    )
