"""The door to the published statistics of a year: aggregates, small counts hidden, and no case."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.referral.domain.yearbook import Year
from services.referral.publishing import as_csv, as_page
from services.referral.yearbooks import NotPublished
from shared.web.problems import NOT_PUBLISHED, Problem

Reading = Callable[[int], Awaitable[Year]]


class Form(StrEnum):
    """How the year is written."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


WRITTEN: Mapping[Form, tuple[Callable[[Year], str], str]] = {
    Form.CSV: (as_csv, "text/csv; charset=utf-8"),
    Form.HTML: (as_page, "text/html; charset=utf-8"),
}
AS_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type.partition(";")[0]: {} for _, media_type in WRITTEN.values()}}
}


def statistics_doors(reading: Reading) -> APIRouter:
    """The door to what is published."""
    router = APIRouter(prefix="/v1", tags=["statistics"])

    @router.get("/statistics", response_model=Year, responses=AS_FILES)
    async def read_statistics(
        year: Annotated[int, Query(ge=2020, le=2199)],
        form: Annotated[Form, Query(alias="format", description="JSON, CSV, or a page to print")] = Form.JSON,
    ) -> Year | Response:
        """Read the numbers of a year by département, as they were published once it was over; they never change.

        Where a count is small it is hidden, with as many as it takes.
        """
        try:
            found = await reading(year)
        except NotPublished as not_yet:
            raise Problem(NOT_PUBLISHED, members={"published_from": not_yet.on.isoformat()}) from None
        if form is Form.JSON:
            return found
        write, media_type = WRITTEN[form]
        return Response(write(found), media_type=media_type, headers={"Cache-Control": "no-store"})

    return router
