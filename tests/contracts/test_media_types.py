"""What an event may say of the type of its data: JSON, however that is written, and nothing else."""

import pytest

from shared.contracts.cloudevent import JSON


@pytest.mark.parametrize(
    "said",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON ; charset=us-ascii",
        "application/fhir+json",
    ],
)
def test_json_is_json_with_and_without_its_charset(said: str) -> None:
    assert JSON.fullmatch(said)


@pytest.mark.parametrize("said", ["", "text/plain", "application/xml", "application/json; charset=latin1", "json", "5"])
def test_nothing_else_is(said: str) -> None:
    assert not JSON.fullmatch(said)
