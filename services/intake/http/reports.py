"""The doors at which vendors hand reports in, or have them looked at, one by one or up to a hundred together."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.intake.http.answers import Answer, checked, one_of_many, taken
from services.intake.http.cloudevents import BATCH, Presented, content_type, read_batch, read_one
from services.intake.http.desk import Decided, Desk
from services.intake.http.openapi import CHECKING, HANDING_IN
from shared.web.doors import Caller, Who
from shared.web.problems import UNAVAILABLE, Problem, unavailable

Deciding = Callable[[Presented, Caller], Awaitable[Decided]]
Saying = Callable[[Decided], Answer]


def hand_in_doors(desk: Desk) -> APIRouter:
    """`POST /v1/reports`, and `POST /v1/reports/check`, which stores nothing."""
    router = APIRouter(tags=["reports"])

    @router.post("/v1/reports", status_code=201, **HANDING_IN)
    async def hand_in(request: Request, who: Who) -> Response:
        """Hand reports in. The answer comes once they are stored."""
        return await _answer(request, who, desk, desk.take, taken)

    @router.post("/v1/reports/check", **CHECKING)
    async def check(request: Request, who: Who) -> Response:
        """Have reports looked at as if they were handed in. Nothing is stored, nobody is told."""
        return await _answer(request, who, desk, desk.check, checked)

    return router


async def _answer(request: Request, who: Caller, desk: Desk, decide: Deciding, say: Saying) -> Response:
    form, body = content_type(request.headers), await request.body()
    if form != BATCH:
        with desk.room_for(1):
            return say(await decide(read_one(form, request.headers, body), who)).response()
    presented = read_batch(body)
    with desk.room_for(len(presented)):
        answers = await asyncio.gather(*(_one(each, who, decide, say) for each in presented))
    if answers and all(isinstance(each, Problem) and each.kind is UNAVAILABLE for each in answers):
        raise unavailable()
    return JSONResponse([one_of_many(index, answer) for index, answer in enumerate(answers)], 207)


async def _one(presented: Presented | Problem, who: Caller, decide: Deciding, say: Saying) -> Answer | Problem:
    """The answer to one event of a batch: what is wrong with it is its own affair."""
    if isinstance(presented, Problem):
        return presented
    try:
        return say(await decide(presented, who))
    except Problem as problem:
        return problem
