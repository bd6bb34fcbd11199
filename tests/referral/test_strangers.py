"""Whoever has no right to a case leaves no trace in the vault, and can't tell which cases there are."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from services.referral.domain.case import Case
from services.referral.domain.states import CaseState
from services.referral.erasing import erase_case
from services.referral.store import CASES, COORDINATORS, POSTS
from shared.contracts.vocabulary import ErasureReason
from shared.web.roles import Role, find_door
from tests.referral.builders import a_coordinator, a_post, a_presence
from tests.referral.doors import House, id_of, iscg_who, open_house
from tests.web.requests import Name, Route, Schema, routes_of

EMERGENCY = "/v1/cases/{case_id}/break-glass"
ANY_CASE = {"/v1/cases/{case_id}/inspections", EMERGENCY}
"""Where no case is somebody's own: an inspector asks about any, and so does an ISCG in an emergency."""
SAID = ("date", "content-length")


@pytest.fixture(scope="module")
async def house(mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[House]:
    async with open_house(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"]) as made:
        elsewhere = a_presence(station="GN-09-0001")
        await made.put(
            (POSTS, "post-31", a_post("post-31", iscg=iscg_who("iscg-31"))),
            (POSTS, "post-09", a_post("post-09", elsewhere, iscg=iscg_who("iscg-09"), departement="09")),
            (COORDINATORS, "31", a_coordinator("31", id_of("coordinator-31"))),
            (COORDINATORS, "09", a_coordinator("09", id_of("coordinator-09"))),
        )
        yield made


def doors_to_cases(house: House) -> Sequence[tuple[Route, Role]]:
    """Each door that names a case, with each role that it lets in."""
    found = []
    for route in routes_of(house.app):
        door = find_door("referral", route.method, route.path)
        assert door
        if "{case_id}" in route.path and route.path not in ANY_CASE:
            found += [(route, role) for role in door.roles]
    return found


async def come(house: House, route: Route, role: Role, case_id: UUID) -> httpx.Response:
    """Somebody of elsewhere, with all that the door asks for."""

    def fill(name: Name, schema: Schema) -> str:
        if name == ("path", "case_id"):
            return str(case_id)
        return str(uuid4()) if schema.get("format") == "uuid" else "words-of-ours"

    path, query, body = route.request(fill)
    return await house.ask(f"{role}-09", role, f"{route.method} {path}", version=1, json=body, params=query)


async def erased(house: House) -> UUID:
    """A case that was closed and erased."""
    case = await house.a_case()
    closed = (await house.case(case.id)).model_copy(update={"state": CaseState.CLOSED, "post_id": None})
    await house.put((CASES, str(case.id), closed))
    await erase_case(house.delivery, case.id, ErasureReason.REQUEST)
    return case.id


async def test_refused_requests_leave_no_key_in_the_vault(house: House) -> None:
    before, doors = await house.keys(), doors_to_cases(house)
    answers = [await come(house, route, role, uuid4()) for route, role in doors]
    refused = [each for each, answer in zip(doors, answers, strict=True) if answer.status_code == 404]
    assert refused == doors
    assert await house.keys() == before
    assert len(doors) > 25


async def test_a_stranger_is_answered_alike_for_absent_foreign_and_erased_cases(house: House) -> None:
    case: Case = await house.a_case()
    ids = {"absent": uuid4(), "foreign": case.id, "erased": await erased(house)}
    emergency = next(each for each in routes_of(house.app) if each.path == EMERGENCY)
    there_is_none = [_said(await come(house, emergency, Role.ISCG, ids[name])) for name in ("absent", "erased")]
    assert there_is_none[0] == there_is_none[1]
    for route, role in doors_to_cases(house):
        said = {name: _said(await come(house, route, role, id_)) for name, id_ in ids.items()}
        assert said["foreign"] == said["erased"] == said["absent"], (route.method, route.path, said)


def _said(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)
