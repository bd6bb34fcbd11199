"""Where a report has several faults, the same one decides at every door, in every form."""

import re
from itertools import combinations

import pytest

from shared.contracts.documents import ROOT
from shared.web.problems import KINDS
from tests.intake.several_faults import IN_ORDER, an_attempt, at_https, at_kafka

DOORS = {"kafka": (at_kafka, ("binary", "structured")), "https": (at_https, ("binary", "structured", "batch"))}
EVERYWHERE = [(door, form) for door, (_, forms) in DOORS.items() for form in forms]


TABLE = (ROOT / "docs/stations/README.md").read_text("utf-8").split("### Which fault comes first")[1].split("\n- ")[0]
TOLD = re.findall(r"^\| `([a-z-]+)`[^|]* \| ([^|]*) \| `(\d+) ([a-z-]+)`[^|]* \|$", TABLE, re.MULTILINE)
"""What vendors are told: each fault, the answer on Kafka, the problem's status and code."""


async def answered(door: str, form: str, *faults: str) -> list[str]:
    return (await DOORS[door][0](an_attempt(faults), form)).split()


@pytest.mark.parametrize(("door", "form"), EVERYWHERE)
async def test_a_report_without_a_fault_is_accepted(door: str, form: str) -> None:
    assert await answered(door, form) == ["accepted"]


@pytest.mark.parametrize(("first", "second"), list(combinations(IN_ORDER, 2)))
async def test_of_two_faults_the_first_one_decides(first: str, second: str) -> None:
    for door, form in EVERYWHERE:
        if form == "batch" and second == "malformed-json":
            continue  # no JSON is no batch: there is no first event to be too large
        both, alone = await answered(door, form, first, second), await answered(door, form, first)
        assert (both[0], set(both) >= set(alone)) == (alone[0], True), (door, form, both)


def test_vendors_are_told_the_order_of_all_faults() -> None:
    assert [fault for fault, *_ in TOLD] == list(IN_ORDER)


@pytest.mark.parametrize(("fault", "on_kafka", "status", "by_https"), TOLD)
async def test_vendors_are_told_what_each_fault_is_answered(
    fault: str, on_kafka: str, status: str, by_https: str
) -> None:
    assert KINDS[by_https].status == int(status)
    reason = on_kafka.rpartition(", ")[2].strip("`").split()[0]
    for door, form in EVERYWHERE:
        assert (await answered(door, form, fault))[0] == (reason if door == "kafka" else by_https), (door, form)


@pytest.mark.parametrize(("door", "form"), EVERYWHERE)
@pytest.mark.parametrize("revision", [1, 2, 3, 9, 10])
async def test_after_a_withdrawal_any_other_revision_is_refused_as_a_used_up_id(
    door: str, form: str, revision: int
) -> None:
    attempt = an_attempt(["report-id-reused", "stale-revision"])
    attempt.clear["revision"] = revision
    assert await DOORS[door][0](attempt, form) == "report-id-reused"
