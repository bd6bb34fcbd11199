from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from shared.contracts.ids import authid
from shared.watch.log_lines import may_stand
from shared.web.doors import SignIn, UnlistedDoor, Who
from shared.web.fair_share import WINDOW_SECONDS, FairShare
from shared.web.roles import DOORS, SOFTWARE, Door, Role
from tests.web.builders import (
    CASE,
    ISSUER,
    SECRET,
    FakeIssuer,
    a_client,
    a_front,
    a_token,
    asked,
    problem,
    referral_router,
)


async def test_a_handler_learns_who_came_in_by_an_opaque_id() -> None:
    answer = await asked("GET", CASE)
    assert answer.json() == {
        "authid": str(authid(SECRET, ISSUER, "worker-7")),
        "role": "iscg",
        "client": "station-desk",
    }


async def test_whoever_has_several_roles_comes_in_by_the_first_that_the_door_names() -> None:
    answer = await asked("GET", CASE, roles=("operator", "coordinator", "iscg"))
    assert answer.json()["role"] == "iscg"


@pytest.mark.parametrize("header", [{}, {"authorization": ""}, {"authorization": "Basic eDp5"}, {"authorization": "x"}])
async def test_nobody_comes_in_without_a_token(header: dict[str, str]) -> None:
    async with a_client(a_front(FakeIssuer(), referral_router())) as client:
        answer = await client.get(CASE, headers=header)
    assert problem(answer) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_in_the_address_opens_nothing() -> None:
    issuer = FakeIssuer()
    async with a_client(a_front(issuer, referral_router())) as client:
        answer = await client.get(CASE, params={"access_token": a_token(issuer)})
    assert problem(answer) == (401, "not-signed-in")


async def test_two_tokens_at_once_open_nothing() -> None:
    issuer = FakeIssuer()
    twice = [("authorization", f"Bearer {a_token(issuer)}")] * 2
    async with a_client(a_front(issuer, referral_router())) as client:
        answer = await client.get(CASE, headers=twice)
    assert problem(answer) == (401, "not-signed-in")


async def test_a_refused_token_is_told_as_invalid_and_not_why() -> None:
    answer = await asked("GET", CASE, headers={"authorization": "Bearer x.y.z"})
    assert problem(answer) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "malformed" not in answer.text


@pytest.mark.parametrize(
    ("roles", "header", "reason"),
    [(["partner"], {}, "role-not-allowed"), (["iscg"], {"authorization": "Bearer x.y.z"}, "malformed")],
)
async def test_every_refusal_is_in_the_log_with_its_reason(
    roles: list[str], header: dict[str, str], reason: str
) -> None:
    with capture_logs() as lines:
        await asked("GET", CASE, roles=tuple(roles), headers=header)
    (line,) = [line for line in lines if line["event"] == "door-stays-shut"]
    assert (line["route"], line["method"], line["reason"]) == ("/v1/cases/{case_id}", "GET", reason)
    assert all(may_stand(key, value) for key, value in line.items() if key != "log_level")


async def test_an_issuer_that_is_away_is_no_fault_of_the_token() -> None:
    issuer = FakeIssuer()
    issuer.away = True
    answer = await asked("GET", CASE, issuer)
    assert problem(answer) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def every_door() -> list[tuple[str, Door]]:
    return [(service, door) for door in DOORS for service in door.services]


def a_router_for(door: Door) -> APIRouter:
    router = APIRouter()

    async def answer() -> dict[str, bool]:
        return {"in": True}

    router.add_api_route(door.path, answer, methods=[door.method])
    return router


BUILT_IN = ("/livez", "/readyz", "/problems/{code}")


@pytest.mark.parametrize(
    ("service", "door"), [pytest.param(*each, id=f"{each[0]} {each[1].path}") for each in every_door()]
)
async def test_each_role_opens_its_own_doors_and_no_others(service: str, door: Door) -> None:
    issuer = FakeIssuer()
    routers = [] if door.path in BUILT_IN else [a_router_for(door)]
    path = door.path.replace("{path:path}", "0/000").replace("{code}", "not-found").replace("{", "").replace("}", "")
    async with a_client(a_front(issuer, *routers, service=service)) as client:
        opened: set[str] = set()
        for role in (*Role, "nobody", ""):
            headers = {"authorization": f"Bearer {a_token(issuer, roles=[role])}"}
            answer = await client.request(door.method, path, headers=headers)
            assert answer.status_code in (200, 403)
            opened |= {role} if answer.status_code == 200 else set()
        without = await client.request(door.method, path)
    everybody: set[str] = {*Role, "nobody", ""}
    assert opened == (set(door.roles) or everybody)
    assert without.status_code == (401 if door.roles else 200)


@pytest.mark.parametrize("roles", [(), ("ISCG",), ("iscg ",), ("iscg,coordinator",), ("*",)])
async def test_a_role_is_known_by_its_exact_code_only(roles: tuple[str, ...]) -> None:
    assert problem(await asked("GET", CASE, roles=roles)) == (403, "role-not-allowed")


def test_a_route_that_the_table_does_not_list_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/v1/everything")
    async def everything() -> dict[str, str]:
        return {}

    with pytest.raises(UnlistedDoor, match="referral GET /v1/everything"):
        a_front(FakeIssuer(), router)


async def test_a_router_with_a_prefix_is_guarded_by_its_whole_path() -> None:
    router = APIRouter(prefix="/v1/cases")

    @router.get("/{case_id}")
    async def read(case_id: UUID, who: Who) -> dict[str, str]:
        return {"role": who.role}

    issuer = FakeIssuer()
    async with a_client(a_front(issuer, router)) as client:
        assert (await client.get(CASE)).status_code == 401
        answer = await client.get(CASE, headers={"authorization": f"Bearer {a_token(issuer)}"})
    assert answer.json() == {"role": "iscg"}


def test_a_route_that_the_guard_could_not_stand_before_stops_the_start() -> None:
    router = APIRouter()
    router.mount("/files", FastAPI())
    with pytest.raises(UnlistedDoor):
        a_front(FakeIssuer(), router)


def test_a_door_of_another_service_stops_the_start() -> None:
    with pytest.raises(UnlistedDoor, match="intake GET"):
        a_front(FakeIssuer(), referral_router(), service="intake")


@pytest.mark.parametrize("size", [10, 200_000])
async def test_a_body_of_any_size_without_a_token_is_answered_as_without_a_body(size: int) -> None:
    async with a_client(a_front(FakeIssuer(), referral_router())) as client:
        for header in ({}, {"authorization": "Bearer x.y.z"}):
            refused = await client.post(f"{CASE}/openings", content=b" " * size, headers=header)
            assert problem(refused) == (401, "not-signed-in")


async def test_a_large_body_that_was_dropped_while_the_issuer_was_away_is_asked_for_again() -> None:
    issuer = FakeIssuer()
    front = a_front(issuer, referral_router())
    header = {"authorization": f"Bearer {a_token(issuer, roles=['iscg'])}", "content-type": "application/json"}
    issuer.away = True

    async def parts() -> AsyncIterator[bytes]:
        yield b"{" + b" " * 20_000
        issuer.away = False
        yield b"}"

    async with a_client(front) as client:
        assert problem(await client.post(f"{CASE}/openings", content=parts(), headers=header)) == (503, "unavailable")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("claims", "suffices"),
    [
        ({}, False),
        ({"acr": "1", "amr": ["pwd", "mfa"]}, False),
        ({"acr": "2", "amr": ["pwd"]}, False),
        ({"acr": "2", "amr": ["pwd", "mfa"]}, True),
    ],
)
async def test_people_sign_in_as_strongly_as_an_operator_asks(
    role: Role, claims: dict[str, Any], suffices: bool
) -> None:
    issuer = FakeIssuer()
    service, door = next(each for each in every_door() if role in each[1].roles)
    app = a_front(issuer, a_router_for(door), service=service, sign_in=SignIn(("2", "3"), ("mfa",)))
    async with a_client(app) as client:
        token = a_token(issuer, roles=[role.value], **claims)
        path = door.path.replace("{path:path}", "0/000").replace("{", "").replace("}", "")
        answer = await client.request(door.method, path, headers={"authorization": f"Bearer {token}"})
    if suffices or role in SOFTWARE:
        assert answer.status_code == 200
    else:
        assert problem(answer) == (401, "stronger-sign-in")
        assert answer.headers["www-authenticate"] == (
            'Bearer error="insufficient_user_authentication", acr_values="2 3"'
        )


async def test_one_who_asks_too_often_is_put_off_and_nobody_else() -> None:
    issuer = FakeIssuer()
    app = a_front(issuer, referral_router(), share=FairShare(1))
    async with a_client(app) as client:

        async def ask(subject: str) -> httpx.Response:
            token = a_token(issuer, sub=subject)
            return await client.get(CASE, headers={"authorization": f"Bearer {token}"})

        flood = [await ask("flooding") for _ in range(WINDOW_SECONDS + 5)]
        assert [answer.status_code for answer in flood] == [200] * WINDOW_SECONDS + [503] * 5
        assert problem(flood[-1]) == (503, "unavailable")
        assert 1 <= int(flood[-1].headers["retry-after"]) <= WINDOW_SECONDS
        assert (await ask("worker-8")).status_code == 200
