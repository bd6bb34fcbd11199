"""Every member of every door is known to name an object, or not to: a new one is asked about here."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from services.audit.http import export_router, log_router, proof_router, search_router
from services.intake.http.doors import report_doors
from services.notification.http import notice_doors
from shared.web.roles import DOORS
from shared.web.set_aside import set_aside_doors
from tests.web.objects import Unclassified, named_by, objects_of
from tests.web.requests import routes_of

NOBODY: Any = None


def routers(service: str) -> tuple[APIRouter, ...]:
    """The doors of a service with nobody behind them; those of referral are tried in its own law."""
    if service == "audit":
        of_lines = log_router(NOBODY, NOBODY), proof_router(NOBODY, NOBODY)
        return *of_lines, search_router(NOBODY, NOBODY), export_router(NOBODY)
    of_service = report_doors(*[NOBODY] * 4) if service == "intake" else (notice_doors(NOBODY, NOBODY),)
    return *of_service, set_aside_doors(NOBODY)


@pytest.mark.parametrize("service", ["intake", "notification", "audit"])
def test_every_member_of_a_door_is_known_to_name_an_object_or_none(service: str) -> None:
    app = FastAPI()
    for router in routers(service):
        app.include_router(router)
    found = {(route.method, route.path): objects_of(route) for route in routes_of(app)}
    mine = [each for each in DOORS if service in each.services and each.roles]
    assert {(each.method, each.path.replace(":path}", "}")) for each in mine} <= found.keys()


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "string", "format": "uuid"}])
def test_a_member_that_nobody_has_classified_is_told(schema: dict[str, str]) -> None:
    with pytest.raises(Unclassified):
        named_by(("body", "something_new"), schema)
