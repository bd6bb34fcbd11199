"""Turns whatever goes wrong behind a door into a problem document."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.web import problems
from shared.web.methods import allowed_methods
from shared.web.problems import Problem
from shared.web.safe_headers import with_safe

log = structlog.get_logger()


def say_refusals(app: FastAPI) -> None:
    """Let every refusal of this app be a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_status)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_failure)


async def _on_problem(_request: Request, error: Any) -> Response:
    problem: Problem = error
    return problem.response()


async def _on_status(request: Request, error: Any) -> Response:
    headers = {"Allow": allowed_methods(request)} if error.status_code == 405 else error.headers
    return problems.of_status(error.status_code, headers).response()


async def _on_invalid(_request: Request, error: Any) -> Response:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return Problem(problems.MALFORMED_JSON).response()
    return problems.invalid([_fault(each) for each in found]).response()


async def _on_failure(request: Request, error: Exception) -> Response:
    route = request.scope.get("route")
    log.error("request-failed", route=getattr(route, "path", None), method=request.method, exc_info=error)
    answer = Problem(problems.INTERNAL).response()
    # Starlette answers a failure outside of every middleware.
    answer.raw_headers = with_safe(answer.raw_headers)
    return answer


def _fault(error: Any) -> dict[str, str]:
    """Where and what: a JSON pointer into the body, or the name of a parameter of ours. Never the value.

    An unknown member is named by its parent: its own name is input.
    """
    place, *path = error["loc"]
    known = path[:-1] if error["type"] == "extra_forbidden" else path
    code = error["type"].replace("_", "-")
    if place == "body":
        return {"pointer": "".join(f"/{part}" for part in known), "code": code}
    return {"in": str(place), "parameter": ".".join(map(str, known)), "code": code}
