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
    today_usd: float = Field(description="Running calls and test calls included.")
    test_usd: float = Field(description="The part of it that test calls have cost.")
    calls: int = Field(description="Calls that have cost anything.")
    cap_usd: float = Field(description="0: none.")
    reached: bool = Field(
        description="Whether new calls get prepared answers and leave messages only."
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
    spent = {bool(is_test): float(usd) for is_test, usd, _ in rows}
    return CostView(
        day=today,
        today_usd=round(sum(spent.values()), 4),
        test_usd=round(spent.get(True, 0.0), 4),
        calls=sum(number for _, _, number in rows),
        cap_usd=business.settings.daily_cost_cap_usd,
        reached=parts.calls.costs.is_over(business),
        prices_of="own" if parts.settings.openai_prices else LIST_DATE,
    )
