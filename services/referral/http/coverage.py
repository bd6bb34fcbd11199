"""The door to the coverage, for those who count posts and who fills them."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.referral.covering import read_coverage
from services.referral.domain.coverage import Coverage
from shared.contracts.days import METROPOLE, day_there
from shared.contracts.forms import Day
from shared.delivery.delivery import Delivery


def coverage_doors(delivery: Delivery) -> APIRouter:
    """The door to what is counted of posts."""
    router = APIRouter(prefix="/v1", tags=["roster"])

    @router.get("/coverage")
    async def read_covered(
        on: Annotated[Day | None, Query(description="the day to look at; today if absent")] = None,
        since: Annotated[Day | None, Query(description="an earlier day to compare with")] = None,
    ) -> list[Coverage]:
        """Read how many posts each département has and how many are filled, against the goal of two."""
        return list(await read_coverage(delivery.database, on or day_there(delivery.clock.now(), METROPOLE), since))

    return router
