"""The door to the statistics of a year: aggregates, small counts hidden, and no case."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query

from services.referral.domain.statistics import Year

Counting = Callable[[int], Awaitable[Year]]


def statistics_doors(counting: Counting) -> APIRouter:
    """The door to what is counted."""
    router = APIRouter(prefix="/v1", tags=["statistics"])

    @router.get("/statistics")
    async def read_statistics(year: Annotated[int, Query(ge=2020, le=2199)]) -> Year:
        """Read the numbers of a year by département; where a count is small it is hidden, with as many as it takes."""
        return await counting(year)

    return router
