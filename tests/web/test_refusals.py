import logging
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import APIRouter

from shared.web.problems import sign_in_again
from tests.web.builders import CASE, NAME, FakeIssuer, a_client, a_front, a_token, asked, problem


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/metrics", "/", f"/{NAME}", f"{CASE}/"])
async def test_there_are_no_doors_but_those_of_the_table(path: str) -> None:
    answer = await asked("GET", path)
    assert problem(answer) == (404, "not-found")
    assert "Lacanary" not in answer.text


async def test_a_method_that_a_door_does_not_have_is_refused_with_those_that_it_has() -> None:
    answer = await asked("DELETE", CASE)
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_every_method_of_an_address_is_named_not_only_that_of_its_first_door() -> None:
    router = APIRouter()
    for method in ("GET", "PUT", "DELETE"):
        router.add_api_route("/v1/posts/{post_id}", lambda: None, methods=[method])
    async with a_client(a_front(FakeIssuer(), router)) as client:
        answer = await client.patch("/v1/posts/post-31-1")
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"


async def test_whoever_must_sign_in_again_is_told_within_what_time() -> None:
    router = APIRouter()

    async def refuse() -> None:
        raise sign_in_again(timedelta(minutes=15))

    router.add_api_route("/v1/cases/{case_id}/break-glass", refuse, methods=["POST"])
    issuer = FakeIssuer()
    async with a_client(a_front(issuer, router)) as client:
        answer = await client.post(f"{CASE}/break-glass", headers={"authorization": f"Bearer {a_token(issuer)}"})
    assert problem(answer) == (401, "sign-in-again")
    assert answer.json()["max_age"] == 900
    challenge = 'Bearer error="insufficient_user_authentication", max_age="900"'
    assert answer.headers["www-authenticate"] == challenge


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 200), (CASE, 403), ("/nowhere", 404)])
async def test_a_head_is_answered_as_a_get_without_its_body(path: str, status: int) -> None:
    got, head = await asked("GET", path, roles=()), await asked("HEAD", path, roles=())
    assert (head.status_code, got.status_code) == (status, status)
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


async def test_an_invalid_body_is_told_by_pointers_and_codes_and_never_repeated() -> None:
    answer = await asked("POST", f"{CASE}/openings", json={"days": NAME, NAME: NAME})
    assert problem(answer) == (422, "invalid-request")
    assert sorted(answer.json()["faults"], key=str) == [
        {"pointer": "", "code": "extra-forbidden"},
        {"pointer": "/days", "code": "int-parsing"},
        {"pointer": "/purpose", "code": "missing"},
    ]
    assert "Lacanary" not in answer.text


async def test_an_invalid_parameter_is_named_without_its_value() -> None:
    answer = await asked("GET", f"/v1/cases/{NAME}", params={"limit": NAME})
    assert answer.json()["faults"] == [
        {"in": "path", "parameter": "case_id", "code": "uuid-parsing"},
        {"in": "query", "parameter": "limit", "code": "int-parsing"},
    ]
    assert "Lacanary" not in answer.text


@pytest.mark.parametrize("body", [b"{", NAME.encode(), b'{"purpose": NaN', b"\xff\xfe", b'"' + b"x" * 9])
async def test_a_body_that_is_not_json_is_refused_as_such(body: bytes) -> None:
    answer = await asked("POST", f"{CASE}/openings", content=body, headers={"content-type": "application/json"})
    assert problem(answer) == (400, "malformed-json")
    assert "Lacanary" not in answer.text


async def test_a_failure_of_ours_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        answer = await asked("GET", f"/v1/cases/{UUID(int=1)}")
    assert problem(answer) == (500, "internal")
    assert "Lacanary" not in answer.text
    assert "ValueError" not in answer.text


async def test_a_problem_s_type_leads_to_its_explanation() -> None:
    answer = await asked("GET", f"/v1/cases/{UUID(int=0)}")
    explained = await asked("GET", answer.json()["type"])
    assert explained.status_code == 200
    assert explained.json() == answer.json()
    assert problem(await asked("GET", "/problems/unheard-of")) == (404, "not-found")


async def test_answers_stay_out_of_caches() -> None:
    for answer in (await asked("GET", CASE), await asked("GET", "/nowhere")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
