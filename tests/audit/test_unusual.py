"""What is unusual in how people look at data is said, once, and nothing else is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from services.audit import noticing
from services.audit.domain.unusual import RULES, Counted, Look, is_night, unusual, window_of
from services.audit.noticing import Noticing
from shared.contracts.vocabulary import Purpose, UnusualAccess
from shared.delivery.crash import CrashPoints
from tests.audit.bench import Bench
from tests.audit.builders import ours

NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
ACTOR = "5b1f6a7e-0000-8000-8000-00000000000a"
ACCESS = "relais.access"


def a_look(at: datetime = NOON, why: str = "follow-up") -> Look:
    return Look(at, ACTOR, str(uuid4()), why)


def rules_of(look: Look, counted: Counted) -> list[UnusualAccess]:
    return [rule for rule, _ in unusual(look, counted)]


def test_a_look_by_day_at_ones_own_case_is_usual() -> None:
    assert rules_of(a_look(), Counted(60, 10)) == []


@pytest.mark.parametrize(
    ("look", "counted", "rule"),
    [
        (a_look(), Counted(61, 1), UnusualAccess.MANY_IN_AN_HOUR),
        (a_look(), Counted(1, 11), UnusualAccess.SAME_PERSON),
        (a_look(NOON.replace(hour=22)), Counted(1, 1), UnusualAccess.OFF_HOURS),
        (a_look(why=Purpose.BREAK_GLASS), Counted(1, 1), UnusualAccess.ELSEWHERE),
    ],
)
def test_each_rule_is_broken_by_one_look_more(look: Look, counted: Counted, rule: UnusualAccess) -> None:
    assert rules_of(look, counted) == [rule]


def test_there_is_a_rule_for_each_kind() -> None:
    assert set(RULES) == set(UnusualAccess)


@pytest.mark.parametrize(
    ("at", "night"),
    [
        (datetime(2026, 1, 5, 20, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 5, 21, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 3, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 4, 0, tzinfo=UTC), False),
    ],
)
def test_night_is_night_in_paris_in_winter_and_summer(at: datetime, night: bool) -> None:
    assert is_night(at) is night


def test_the_same_finding_is_known_again_within_its_window_only() -> None:
    early, late, next_day = a_look(), a_look(NOON + timedelta(minutes=30)), a_look(NOON + timedelta(days=1))
    assert window_of(UnusualAccess.OFF_HOURS, early) == window_of(UnusualAccess.OFF_HOURS, late)
    assert window_of(UnusualAccess.OFF_HOURS, early) != window_of(UnusualAccess.OFF_HOURS, next_day)


async def looks(bench: Bench, count: int, at: datetime = NOON, purpose: str = "follow-up") -> None:
    """One actor looks at one case, again and again, a second apart."""
    case = str(uuid4())
    for second in range(count):
        consulted = ours(
            ce_type="access.personal-data-consulted.v1",
            ce_id=str(uuid4()),
            ce_subject=case,
            ce_authid=ACTOR,
            ce_time=(at + timedelta(seconds=second)).isoformat(),
        )
        await bench.send(ACCESS, consulted, orjson.dumps({"purpose": purpose}))
    await bench.log_all()


async def said(bench: Bench) -> list[dict[str, Any]]:
    delivery = bench.delivery(CrashPoints())
    for _ in range(6):
        await Noticing(delivery).look()
    await delivery.end()
    await delivery.vault.close()
    rows = await bench.database["outbox"].find({"headers.ce_type": "access.unusual-access-seen.v1"}).to_list()
    return [orjson.loads(row["bytes"]) for row in rows]


async def test_many_looks_are_said_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "LOOKED_AT_ONCE", 40)
    await looks(bench, 65)
    found = {each["rule"]: each for each in await said(bench)}
    assert found.keys() == {"many-in-an-hour", "same-person"}
    assert (found["many-in-an-hour"]["count"], found["same-person"]["count"]) == (61, 11)
    assert found["same-person"]["actor"] == ACTOR
    await looks(bench, 3, NOON + timedelta(minutes=2))
    assert len(await said(bench)) == 2


async def test_a_look_by_night_and_elsewhere_is_said(bench: Bench) -> None:
    await looks(bench, 1, NOON.replace(hour=23), purpose="break-glass")
    assert {each["rule"] for each in await said(bench)} == {"off-hours", "elsewhere"}


async def test_usual_looks_are_not_said(bench: Bench) -> None:
    await looks(bench, 5)
    assert await said(bench) == []
