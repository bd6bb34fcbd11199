from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from bson import encode
from structlog.testing import capture_logs

from shared.contracts.vocabulary import Purpose
from shared.delivery import set_aside
from shared.delivery.failures import BadDeploy
from shared.delivery.lanes import IN_A_ROW, Lanes
from shared.delivery.left_out import LARGEST_ASIDE
from shared.delivery.set_aside import NoSuchRow
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import POISONED_STATION, Stream

OPERATOR, BECAUSE = UUID(int=7), "its report has come another way"


@pytest.fixture
async def case(bench: Bench) -> UUID:
    await bench.wipe()
    bench.spoil()
    return uuid4()


async def a_poisoned_case(bench: Bench, case: UUID, behind: int = 2) -> Stream:
    """One good report, one that the toy can't stomach, and some behind it."""
    stream = Stream()
    stream.say(case)
    stream.say(case, station=POISONED_STATION)
    for _ in range(behind):
        stream.say(case)
    await bench.run([stream.records])
    return stream


async def test_later_records_of_a_case_wait_behind_its_set_aside_one(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    assert [row["state"] for row in await bench.rows()] == ["set-aside", "waiting", "waiting"]
    assert await bench.reports_of(case) == 1


async def test_other_cases_are_not_delayed(bench: Bench, case: UUID) -> None:
    stream, other = await a_poisoned_case(bench, case), uuid4()
    before = len(stream.records)
    stream.say(other)
    await bench.run([stream.records[before:]])
    assert await bench.reports_of(other) == 1


async def test_a_discarded_record_lets_what_waits_go_on(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    await bench.set_aside.discard(aside["_id"], OPERATOR, BECAUSE)
    assert await bench.reports_of(case) == 3
    assert [row["state"] for row in await bench.rows()] == ["discarded", "released", "released"]


async def test_a_replayed_record_takes_effect_before_what_waited(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    bench.mend()
    assert await bench.set_aside.replay(aside["_id"]) == "done"
    tally = await bench.database["tallies"].find_one({"_id": str(case)})
    assert tally is not None
    assert len(set(tally["reports"])) == 4
    sequences = [what.split()[1] for topic, _, what in bench.producer.sent if topic == "relais.standing"]
    assert sequences == sorted(sequences)


async def test_a_record_of_an_erased_person_is_done_when_it_is_replayed(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case, behind=0)
    [aside] = await bench.rows(state="set-aside")
    await bench.vault.forget_case(str(case))
    bench.mend()
    assert await bench.set_aside.replay(aside["_id"]) == "erased"
    assert await bench.reports_of(case) == 1


async def test_a_replay_that_fails_again_is_said_again(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    assert await bench.set_aside.replay(aside["_id"]) == "set-aside"
    said = [what for _, _, what in bench.producer.sent if what.startswith("delivery.record-set-aside.v1")]
    assert [what.split()[1] for what in said] == ["0000000001", "0000000002"]
    assert len({what.split()[2] for what in said}) == 2


async def test_the_bytes_of_a_decided_record_are_gone(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    await bench.set_aside.discard(aside["_id"], OPERATOR, BECAUSE)
    assert all("sealed" not in row for row in await bench.rows())


async def test_nobody_decides_twice_about_one_record(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    await bench.set_aside.discard(aside["_id"], OPERATOR, BECAUSE)
    with pytest.raises(NoSuchRow):
        await bench.set_aside.replay(aside["_id"])


async def test_a_record_ahead_of_a_missing_one_waits_until_it_comes(bench: Bench, case: UUID) -> None:
    stream = Stream()
    first, second, third = (stream.say(case) for _ in range(3))
    await bench.run([[first], [third]])
    assert await bench.reports_of(case) == 1
    await bench.run([[second]])
    assert await bench.reports_of(case) == 3


async def test_failures_in_a_row_are_a_bad_deploy_and_not_poison(bench: Bench, case: UUID) -> None:
    stream, halts = Stream(), list[bool]()
    lanes = Lanes(bench.delivery, lambda _topic: bench.door, bench.book, halted=lambda: halts.append(True))
    for _ in range(IN_A_ROW):
        stream.say(uuid4(), station=POISONED_STATION)
    with capture_logs() as logs, pytest.raises(BadDeploy):
        await lanes.run(stream.records)
    assert len(await bench.rows(state="set-aside")) == IN_A_ROW - 1
    assert halts == [True]
    assert [line["log_level"] for line in logs if line["event"] == "too-many-failures"] == ["error"]


async def test_a_state_that_cannot_be_read_sets_its_record_aside_and_stops_nobody(bench: Bench, case: UUID) -> None:
    stream, other = Stream(), uuid4()
    spoiled = {"_id": str(case), "rev": 1, "version": 1, "sequences": {}, "reports": "not a list"}
    await bench.database["tallies"].insert_one(spoiled)
    stream.say(case)
    stream.say(other)
    await bench.run([stream.records])
    assert [row["reason"] for row in await bench.rows(state="set-aside")] == ["handler-failed"]
    assert await bench.reports_of(other) == 1


async def test_a_vendors_rubbish_is_no_bad_deploy(bench: Bench, case: UUID) -> None:
    stream = Stream()
    for _ in range(3 * IN_A_ROW):
        stream.put((("ce_id", None),), b"{}", b"k")
    stream.say(case)
    await bench.run([stream.records])
    assert await bench.reports_of(case) == 1
    assert len(await bench.rows(state="set-aside")) == 3 * IN_A_ROW


async def said(bench: Bench, type_: str) -> list[dict[str, Any]]:
    return await bench.database["outbox"].find({"headers.ce_type": type_}).to_list()


async def test_a_look_at_a_record_is_said_before_it_is_shown(bench: Bench, case: UUID) -> None:
    stream = await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    opening_id, record = await bench.set_aside.show(aside["_id"], OPERATOR, Purpose.SET_ASIDE_REPAIR, BECAUSE)
    assert record == stream.records[1]
    [consulted] = await said(bench, "access.personal-data-consulted.v1")
    assert consulted["headers"]["ce_authid"] == str(OPERATOR)
    assert orjson.loads(consulted["bytes"]) == {
        "opening_id": str(opening_id),
        "purpose": "set-aside-repair",
        "opened": ["set-aside"],
    }
    kept = await bench.database["record_openings"].find_one({"_id": str(opening_id)})
    assert kept and BECAUSE not in str(kept)


async def test_a_look_that_cannot_be_said_shows_nothing(
    bench: Bench, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_poisoned_case(bench, case)
    [aside] = await bench.rows(state="set-aside")
    monkeypatch.setattr(set_aside, "note_opening", lambda *_: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(ConnectionError):
        await bench.set_aside.show(aside["_id"], OPERATOR, Purpose.SET_ASIDE_REPAIR, BECAUSE)


async def test_who_gave_a_record_up_is_said_and_why_is_sealed(bench: Bench, case: UUID) -> None:
    await a_poisoned_case(bench, case, behind=0)
    [aside] = await bench.rows(state="set-aside")
    await bench.set_aside.discard(aside["_id"], OPERATOR, BECAUSE)
    [discarded] = await said(bench, "delivery.record-discarded.v1")
    assert discarded["headers"]["ce_authid"] == str(OPERATOR)
    assert orjson.loads(discarded["bytes"])["reason"] == "handler-failed"
    [row] = await bench.rows(state="discarded")
    assert row["because"] and BECAUSE.encode() not in row["because"]
    with pytest.raises(NoSuchRow):
        await bench.set_aside.show(aside["_id"], OPERATOR, Purpose.SET_ASIDE_REPAIR, BECAUSE)


LARGE = bytes(17 * 1024 * 1024)
"""More than a document of MongoDB holds."""


@pytest.mark.parametrize(
    ("headers", "key", "value"),
    [((), None, LARGE), ((), LARGE, b"{}"), ((("x", LARGE),), None, b"{}"), ((("x", b""),) * 500_000, None, None)],
    ids=["value", "key", "header", "headers"],
)
async def test_of_a_record_that_is_too_large_its_hash_and_size_are_kept(
    bench: Bench, case: UUID, headers: Any, key: bytes | None, value: bytes | None
) -> None:
    stream = Stream()
    stream.put(headers, value, key)
    stream.say(case)
    await bench.run([stream.records])
    [row] = await bench.rows()
    assert (row["state"], row["reason"], len(encode(row)) < 1000) == ("set-aside", "too-large", True)
    assert await bench.reports_of(case) == 1
    assert await bench.set_aside.replay(row["_id"]) == "set-aside"
    [row] = await bench.rows()
    assert (row["reason"], row["attempts"]) == ("too-large", 2)


async def test_a_record_that_is_as_large_as_may_be_is_kept_whole(bench: Bench, case: UUID) -> None:
    stream = Stream()
    stream.put((), bytes(LARGEST_ASIDE), None)
    await bench.run([stream.records])
    [row] = await bench.rows()
    assert row["reason"] == "missing-header"
    _, record = await bench.set_aside.show(row["_id"], OPERATOR, Purpose.SET_ASIDE_REPAIR, BECAUSE)
    assert record.value == stream.records[0].value
