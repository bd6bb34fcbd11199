"""A verifier that knows nothing of our code says yes to our log, and no to every change of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.audit.domain.standing import Damaged, Rewritten
from tests.audit.bench import Bench
from tests.audit.builders import flipped, stations
from tests.audit.doors import verify

LINES = 300


@pytest.fixture
async def logged(bench: Bench) -> AsyncIterator[Bench]:
    async with bench.sequencing() as reading:
        for _ in range(LINES):
            await bench.send("station.reports.police", stations())
        await reading.drain()
    yield bench


async def flip(bench: Bench, collection: str, id_: object, member: str, bit: int = 77) -> None:
    """What somebody with all rights on the database could do."""
    document = await bench.database[collection].find_one({"_id": id_})
    changed = {"$set": {member: flipped(document[member], bit)}}
    await bench.database[collection].update_one({"_id": id_}, changed)


async def test_the_verifier_says_yes_to_a_whole_log(logged: Bench) -> None:
    assert await verify(logged) == (0, "log.example/audit/2026: 300 lines, 3 tiles, 20 proofs, all as signed\n")


@pytest.mark.parametrize("index", [0, 255, 299])
async def test_one_flipped_bit_in_a_line_is_found(logged: Bench, index: int) -> None:
    await flip(logged, "entries", index, "leaf")
    status, said = await verify(logged)
    assert status == 1 and "is not what its lines amount to" in said


async def test_one_flipped_bit_in_a_tile_is_found(logged: Bench) -> None:
    await flip(logged, "tiles", {"level": 0, "index": 0}, "hashes")
    assert (await verify(logged))[0] == 1


async def test_lines_and_tiles_changed_together_do_not_amount_to_what_was_signed(logged: Bench) -> None:
    await flip(logged, "entries", 299, "leaf")
    await logged.database["entries"].update_one({"_id": 299}, [{"$set": {"leaf_hash": {"$literal": b"\x00" * 32}}}])
    assert (await verify(logged))[0] == 1


async def test_a_missing_line_is_found(logged: Bench) -> None:
    await logged.database["entries"].delete_one({"_id": 7})
    status, said = await verify(logged)
    assert status == 1 and "missing" in said


async def test_two_swapped_lines_are_found(logged: Bench) -> None:
    one, two = [await logged.database["entries"].find_one({"_id": index}) for index in (3, 4)]
    await logged.database["entries"].update_one({"_id": 3}, {"$set": {"leaf": two["leaf"]}})
    await logged.database["entries"].update_one({"_id": 4}, {"$set": {"leaf": one["leaf"]}})
    assert (await verify(logged))[0] == 1


async def test_a_verifier_that_remembers_sees_an_older_state_put_back(logged: Bench, tmp_path: Path) -> None:
    memory = str(tmp_path / "checkpoint")
    head = await logged.database["head"].find_one({})
    await logged.send("station.reports.police", stations())
    await logged.log_all()
    assert (await verify(logged, "--remember", memory))[0] == 0
    await logged.database["head"].replace_one({"_id": head["_id"]}, head)
    await logged.database["entries"].delete_one({"_id": LINES})
    await logged.database["checkpoints"].delete_one({"_id": LINES + 1})
    assert (await verify(logged))[0] == 0
    assert await verify(logged, "--remember", memory) == (
        1,
        "The log does not hold: the log has shrunk: 301 lines were signed, it shows 300\n",
    )


async def test_a_log_with_a_changed_past_is_not_signed_any_more(logged: Bench) -> None:
    await flip(logged, "entries", 299, "leaf")
    with pytest.raises(Rewritten):
        await logged.log_all()


async def test_a_log_with_a_changed_head_is_not_signed_any_more(logged: Bench) -> None:
    await flip(logged, "head", "log", "root")
    await logged.database["head"].update_one({"_id": "log"}, [{"$set": {"frontier": {"$slice": ["$frontier", 1]}}}])
    with pytest.raises(Damaged):
        await logged.log_all()
