"""Engines in Go that we did not write say yes to our log, and no where somebody has changed it."""

from pathlib import Path

import pytest

from services.audit.handlers import sequencer
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, a_signer, flipped, stations
from tests.audit.doors import ask

PROGRAM = Path(__file__).parent / "verifier"


async def engines(bench: Bench, seed: int = 1) -> tuple[int, str]:
    """Exit status, and what is said."""
    return await ask(bench, lambda url, token: (PROGRAM, url, a_signer(seed=seed).verifier.vkey, token))


async def a_log_of(bench: Bench, lines: int) -> None:
    async with bench.sequencing() as reading:
        for _ in range(lines):
            await bench.send("station.reports.police", stations())
        await reading.drain()


@pytest.mark.parametrize("lines", [1, 2, 255, 256, 257, 600])
async def test_they_say_yes_to_a_log_of_any_size(bench: Bench, lines: int) -> None:
    await a_log_of(bench, lines)
    status, said = await engines(bench)
    assert status == 0 and f"{ORIGIN}: {lines} lines, as tessera," in said, said


async def test_they_say_yes_to_lines_that_are_no_records(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "BEAT_SECONDS", 0)
    await a_log_of(bench, 3)
    assert (await engines(bench))[0] == 0
    assert "heartbeat" in await bench.kinds()


@pytest.mark.parametrize(("collection", "member"), [("entries", "leaf"), ("tiles", "hashes"), ("entries", "leaf_hash")])
async def test_they_say_no_where_a_bit_was_flipped(bench: Bench, collection: str, member: str) -> None:
    await a_log_of(bench, 300)
    found = await bench.database[collection].find({}, sort={"_id": -1}).to_list(1)
    changed = {"$set": {member: flipped(found[0][member], 77)}}
    await bench.database[collection].update_one({"_id": found[0]["_id"]}, changed)
    status, said = await engines(bench)
    assert status == 1, said


async def test_they_say_no_to_another_key(bench: Bench) -> None:
    await a_log_of(bench, 3)
    assert (await engines(bench, seed=2))[0] == 1
