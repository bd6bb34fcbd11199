from uuid import UUID, uuid4

import pytest
from fastapi import Request

from shared.web.preconditions import etag, idempotency_key, version_decided_on
from shared.web.problems import IF_MATCH_MISSING, KEY_MISSING, MALFORMED_HEADER, Kind, Problem


def a_request(*headers: tuple[str, str]) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw})


async def refusal_of_version(*headers: tuple[str, str]) -> Kind:
    with pytest.raises(Problem) as refused:
        await version_decided_on(a_request(*headers))
    return refused.value.kind


async def refusal_of_key(*headers: tuple[str, str]) -> Kind:
    with pytest.raises(Problem) as refused:
        await idempotency_key(a_request(*headers))
    return refused.value.kind


@pytest.mark.parametrize("version", [0, 3, 999_999_999])
async def test_the_tag_that_an_answer_carried_comes_back_as_its_version(version: int) -> None:
    assert await version_decided_on(a_request(("if-match", etag(version)))) == version


async def test_an_act_without_the_version_that_it_decides_on_is_refused() -> None:
    assert await refusal_of_version() == IF_MATCH_MISSING


@pytest.mark.parametrize(
    "tag", ["*", '"', '""', "3", 'W/"3"', '"3", "4"', '"-3"', '"3.0"', '"²"', '"x"', '"1234567890"']
)
async def test_anything_but_one_strong_tag_of_ours_is_malformed(tag: str) -> None:
    assert await refusal_of_version(("if-match", tag)) == MALFORMED_HEADER


async def test_two_versions_at_once_are_malformed() -> None:
    assert await refusal_of_version(("if-match", '"3"'), ("if-match", '"4"')) == MALFORMED_HEADER


@pytest.mark.parametrize("form", ['"{}"', "{}", ' "{}" '])
async def test_a_key_is_a_uuid_quoted_or_bare(form: str) -> None:
    key = uuid4()
    assert await idempotency_key(a_request(("idempotency-key", form.format(key)))) == key
    assert await idempotency_key(a_request(("idempotency-key", form.format(str(key).upper())))) == key


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
        await idempotency_key(a_request(("idempotency-key", "canary")))
    document = bytes(refused.value.response().body)
    assert b'"header":"Idempotency-Key"' in document
    assert b"canary" not in document
