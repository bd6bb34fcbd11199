from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from shared.web.preconditions import Idempotency, etag, idempotency, version_decided_on
from shared.web.problems import IF_MATCH_MISSING, KEY_MISSING, MALFORMED_HEADER, Kind, Problem

KEY = str(UUID(int=5))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def a_request(
    *headers: tuple[str, str], method: str = "POST", path: str = "/v1/cases/1", query: str = "", body: bytes = b""
) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    return Request(scope | {"scheme": "http", "server": ("localhost", 80)}, receive)


async def told(key: str = KEY, if_match: str = '"1"', **rest: Any) -> Idempotency:
    return await idempotency(a_request(("idempotency-key", key), ("if-match", if_match), **rest))


async def refusal_of_version(*headers: tuple[str, str]) -> Kind:
    with pytest.raises(Problem) as refused:
        await version_decided_on(a_request(*headers))
    return refused.value.kind


async def refusal_of_key(*headers: tuple[str, str]) -> Kind:
    with pytest.raises(Problem) as refused:
        await idempotency(a_request(*headers))
    return refused.value.kind


@pytest.mark.parametrize("version", [0, 3, 999_999_999])
async def test_the_tag_that_an_answer_carried_comes_back_as_its_version(version: int) -> None:
    assert await version_decided_on(a_request(("if-match", etag(version)))) == version


async def test_a_tag_that_a_compressing_proxy_has_weakened_is_the_same_version() -> None:
    assert await version_decided_on(a_request(("if-match", 'W/"3"'))) == 3


async def test_an_act_without_the_version_that_it_decides_on_is_refused() -> None:
    assert await refusal_of_version() == IF_MATCH_MISSING


@pytest.mark.parametrize(
    "tag", ["*", '"', '""', "3", 'w/"3"', "W/3", '"3", "4"', '"-3"', '"3.0"', '"²"', '"x"', '"1234567890"']
)
async def test_anything_but_one_tag_of_ours_is_malformed(tag: str) -> None:
    assert await refusal_of_version(("if-match", tag)) == MALFORMED_HEADER


async def test_two_versions_at_once_are_malformed() -> None:
    assert await refusal_of_version(("if-match", '"3"'), ("if-match", '"4"')) == MALFORMED_HEADER


@pytest.mark.parametrize("form", ['"{}"', "{}", ' "{}" '])
async def test_a_key_is_a_uuid_quoted_or_bare(form: str) -> None:
    key = uuid4()
    assert (await told(form.format(key))).key == key
    assert (await told(form.format(str(key).upper()))).key == key


async def test_whatever_makes_a_request_another_one_changes_its_fingerprint() -> None:
    one: dict[str, Any] = {"body": b'{"contact_by_iscg": "given"}'}
    others: list[dict[str, Any]] = [
        {"body": b'{"contact_by_iscg": "refused"}'},
        {"body": b""},
        one | {"method": "PUT"},
        one | {"path": "/v1/cases/2"},
        one | {"query": "reason=moved"},
        one | {"if_match": '"2"'},
    ]
    found = [(await told(**each)).fingerprint for each in (one, *others)]
    assert all(a != b for a, b in combinations(found, 2))


@given(body=JSON, other=JSON)
async def test_bodies_that_say_the_same_have_one_fingerprint_and_all_others_another(body: Any, other: Any) -> None:
    spaced = orjson.dumps(body, option=orjson.OPT_INDENT_2)
    same = await told(body=orjson.dumps(body)) == await told(body=spaced, if_match='W/"1"')
    differs = await told(body=orjson.dumps(body)) != await told(body=orjson.dumps(other))
    assert same
    assert differs is (
        orjson.dumps(body, option=orjson.OPT_SORT_KEYS) != orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    )


async def test_what_is_kept_of_a_request_can_not_be_guessed_without_its_key() -> None:
    one, other = await told(str(uuid4())), await told(str(uuid4()))
    assert one.fingerprint != other.fingerprint
    assert str(one.key) not in f"{one.id} {one.fingerprint}"


async def test_an_act_without_a_key_is_refused() -> None:
    assert await refusal_of_key() == KEY_MISSING


@pytest.mark.parametrize(
    "key",
    ["", '""', "dupont", "0d9f", f"urn:uuid:{UUID(int=5)}", f"{{{UUID(int=5)}}}", UUID(int=5).hex, f'"{UUID(int=5)}'],
)
async def test_a_key_in_any_other_form_is_malformed(key: str) -> None:
    assert await refusal_of_key(("idempotency-key", key)) == MALFORMED_HEADER


async def test_two_keys_at_once_are_malformed() -> None:
    keys = [("idempotency-key", str(uuid4())) for _ in range(2)]
    assert await refusal_of_key(*keys) == MALFORMED_HEADER


async def test_a_malformed_header_is_named_without_its_value() -> None:
    with pytest.raises(Problem) as refused:
        await idempotency(a_request(("idempotency-key", "canary")))
    document = bytes(refused.value.response().body)
    assert b'"header":"Idempotency-Key"' in document
    assert b"canary" not in document
