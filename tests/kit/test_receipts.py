"""The rehearsal of receipts shows every trap of a delivery at least once, and the documented way avoids them all."""

import runpy
from collections.abc import Callable

import orjson
import pytest
from relais_kit.base import Json
from relais_kit.keys import check_receipt
from relais_kit.receipts import STORIES, Rehearsal, rehearsal

from shared.contracts.documents import ROOT
from shared.contracts.events import ReceiptIssued
from tests.delivery.history import Said, faults

SEEDS = range(30)
CLIENT = runpy.run_path(str(ROOT / "kit/clients/python/follow_receipts.py"))
Newer = Callable[[Json, Json], bool]
"""Whether a record counts more than the one that is held."""


def held(made: Rehearsal) -> list[tuple[str, str, int | None]]:
    receipts = CLIENT["Receipts"]()
    for record in made.records:
        receipts.take(record["headers"], orjson.loads(record["value"]))
    return sorted((id_, each["standing"], each.get("revision")) for id_, each in receipts.held.items())


def held_by(made: Rehearsal, is_newer: Newer) -> list[tuple[str, str, int | None]]:
    """What a software holds that decides otherwise."""
    kept: dict[str, Json] = {}
    for record in made.records:
        subject, member = record["headers"]["ce_subject"], record | {"value": orjson.loads(record["value"])}
        if subject not in kept or is_newer(member, kept[subject]):
            kept[subject] = member
    return sorted((id_, each["value"]["standing"], each["value"].get("revision")) for id_, each in kept.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_documented_way_holds_the_newest_word_in_any_order(seed: int) -> None:
    made = rehearsal(seed)
    assert held(made) == list(made.held)


@pytest.mark.parametrize(
    "is_newer",
    [
        lambda _new, _old: True,
        lambda new, old: new["value"].get("revision", 0) >= old["value"].get("revision", 0),
        lambda new, old: new["value"]["received_at"] >= old["value"]["received_at"],
        lambda new, old: int(new["headers"]["ce_sequence"]) > int(old["headers"]["ce_sequence"]),
    ],
    ids=["the last one", "by revision", "by arrival", "by sequence, rejections too"],
)
def test_a_software_that_goes_by_anything_else_is_found_out(is_newer: Newer) -> None:
    made = rehearsal()
    assert held_by(made, is_newer) != list(made.held)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_series_is_one_that_relais_may_deliver(seed: int) -> None:
    made = rehearsal(seed)
    said = [_said(n, record) for n, record in enumerate(made.records)]
    assert list(faults(said)) == []
    assert len({each.id for each in said}) == sum(map(len, STORIES.values())) < len(said)


def test_every_receipt_of_the_series_keeps_the_contract_and_is_signed() -> None:
    made = rehearsal()
    for record in made.records:
        receipt = orjson.loads(record["value"])
        ReceiptIssued.model_validate(receipt)
        check_receipt(receipt, {"keys": made.keys["keys"]})


def _said(offset: int, record: Json) -> Said:
    headers = {"ce_source": "/relais/intake/receipts/gendarmerie", **record["headers"]}
    return Said("receipts", 0, offset, headers["ce_subject"], headers, record["value"].encode())
