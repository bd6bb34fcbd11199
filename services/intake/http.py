"""Intake's HTTP doors: its public keys, and the standing of a report for the integrator that sent it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.store import INTEGRATORS, REPORTS
from shared.delivery.shelf import Database
from shared.vault.ring import PublicKeys, Ring
from shared.web.doors import Who
from shared.web.problems import NOT_FOUND, Problem

KEYS_KEPT = "public, max-age=3600"


def report_doors(database: Database, ring: Ring) -> APIRouter:
    """What stations' software may ask over HTTP."""
    router = APIRouter()

    @router.get("/.well-known/jwks.json")
    async def publish_keys(response: Response) -> PublicKeys:
        response.headers["cache-control"] = KEYS_KEPT
        return ring.public()

    @router.get("/v1/reports/{report_id}")
    async def follow_report(report_id: UUID, who: Who) -> dict[str, Any]:
        integrator = await database[INTEGRATORS.name].find_one({"authid": str(who.authid)})
        code = INTEGRATORS.state(integrator).code if integrator else None
        filed = await database[REPORTS.name].find_one({"_id": f"{code}/{report_id}"}) if code else None
        if filed is None:
            raise Problem(NOT_FOUND)
        report = REPORTS.state(filed)
        return {"report_id": str(report.report_id), "standing": report.standing, "receipt": report.receipt.clear()}

    return router
