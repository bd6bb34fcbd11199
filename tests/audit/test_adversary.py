"""What somebody with every right on the database can do to the log, and who finds it: each attack, by name.

Three look: whoever verifies for the first time, whoever remembers what she saw, and the service before it signs again.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from relais_verify import verdicts as v

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.edge import Edge
from services.audit.domain.merkle import leaf_hash
from services.audit.domain.standing import Damaged, NotToBeSigned, Rewritten, RolledBack
from services.audit.domain.tiles import WIDTH, Tile, index_path
from services.audit.store.documents import HEAD, tile_document
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, a_signer, flipped, stations
from tests.audit.doors import a_visitor, consultation
from tests.verify.builders import verified, write

LINES, PUT_BACK = 300, 280
Attack = Callable[[Bench], Awaitable[None]]
FoundBy = tuple[Attack, v.Verdict, v.Verdict, type[NotToBeSigned]]


async def a_log(bench: Bench) -> None:
    async with bench.sequencing() as reading:
        for _ in range(LINES):
            await bench.send("station.reports.police", stations())
        await reading.drain()


async def mirror(bench: Bench, folder: Path) -> Path:
    """Fetches the log as an auditor's client does; what is not answered is not there."""
    async with a_visitor(bench, "log-auditor") as visitor:
        note = (await visitor.get("/checkpoint")).raise_for_status().text
        size, level, under = int(note.split("\n")[1]), 0, await consultation(visitor)
        write(folder / "checkpoint", note.encode())
        while size >> 8 * level:
            for tile in _tiles(size, level):
                await _fetch(visitor, folder, tile.path)
                if level == 0:
                    await _fetch(visitor, folder, f"tile/entries/{index_path(tile.index, tile.width)}", **under)
            level += 1
    return folder


def _tiles(size: int, level: int) -> list[Tile]:
    count = size >> 8 * level
    return [Tile(level, start // WIDTH, min(WIDTH, count - start)) for start in range(0, count, WIDTH)]


async def _fetch(visitor: httpx.AsyncClient, folder: Path, path: str, **params: str) -> None:
    answer = await visitor.get(f"/{path}", params=params)
    if answer.status_code == httpx.codes.OK:
        write(folder / path, answer.content)


async def edit_a_line(bench: Bench) -> None:
    await _change_leaf(bench, 290, lambda leaf: flipped(leaf, 77))


async def edit_a_line_and_its_hash(bench: Bench) -> None:
    await _change_leaf(bench, 290, lambda leaf: leaf.replace(b"collection", b"alteration"))
    line = await bench.database["entries"].find_one({"_id": 290})
    await bench.database["entries"].update_one({"_id": 290}, {"$set": {"leaf_hash": leaf_hash(line["leaf"])}})


async def delete_a_line(bench: Bench) -> None:
    await bench.database["entries"].delete_one({"_id": 290})


async def swap_two_lines(bench: Bench) -> None:
    one, two = [await bench.database["entries"].find_one({"_id": index}) for index in (288, 289)]
    for index, other in ((288, two), (289, one)):
        await bench.database["entries"].update_one({"_id": index}, {"$set": {"leaf": other["leaf"]}})


async def edit_a_tile(bench: Bench) -> None:
    tile = await bench.database["tiles"].find_one({})
    await bench.database["tiles"].update_one({"_id": tile["_id"]}, {"$set": {"hashes": flipped(tile["hashes"], 9)}})


async def edit_the_head(bench: Bench) -> None:
    await bench.database["head"].update_one({"_id": HEAD}, {"$set": {"root": b"\x00" * 32, "frontier": []}})


async def put_an_older_state_back(bench: Bench) -> None:
    leaves = (await _leaves(bench))[:PUT_BACK]
    await bench.database["entries"].delete_many({"_id": {"$gte": PUT_BACK}})
    await _write_anew(bench, leaves, signed=True)


async def rewrite_everything_without_the_key(bench: Bench) -> None:
    await edit_a_line_and_its_hash(bench)
    await _write_anew(bench, await _leaves(bench), signed=False)


async def rewrite_everything_with_the_stolen_key(bench: Bench) -> None:
    await edit_a_line_and_its_hash(bench)
    await _change_leaf(bench, 5, lambda leaf: leaf.replace(b"collection", b"alteration"))
    await _write_anew(bench, await _leaves(bench), signed=True)


async def _change_leaf(bench: Bench, index: int, change: Callable[[bytes], bytes]) -> None:
    line = await bench.database["entries"].find_one({"_id": index})
    await bench.database["entries"].update_one({"_id": index}, {"$set": {"leaf": change(bytes(line["leaf"]))}})


async def _leaves(bench: Bench) -> list[bytes]:
    return [bytes(row["leaf"]) async for row in bench.database["entries"].find({}, sort={"_id": 1})]


async def _write_anew(bench: Bench, leaves: list[bytes], *, signed: bool) -> None:
    """Hashes, tiles and head over these lines; with the key also a checkpoint."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    for index, hashed in enumerate(hashes):
        await bench.database["entries"].update_one({"_id": index}, {"$set": {"leaf_hash": hashed}})
    edge, tiles = Edge().grown(hashes)
    await bench.database["tiles"].delete_many({})
    await bench.database["tiles"].insert_many([tile_document(tile, row) for tile, row in tiles.items()])
    frontier: dict[str, Any] = {"size": edge.size, "root": edge.frontier.root, "frontier": list(edge.frontier.peaks)}
    await bench.database["head"].update_one({"_id": HEAD}, {"$set": frontier})
    if signed:
        note = a_signer().sign(Checkpoint(ORIGIN, edge.size, edge.frontier.root).text)
        await bench.database["checkpoints"].delete_many({"_id": {"$gt": edge.size}})
        await bench.database["checkpoints"].replace_one({"_id": edge.size}, {"note": note}, upsert=True)


FOUND_BY: tuple[FoundBy, ...] = (
    (edit_a_line, v.CHANGED, v.CHANGED, Rewritten),
    (edit_a_line_and_its_hash, v.CHANGED, v.CHANGED, Rewritten),
    (delete_a_line, v.INCOMPLETE, v.INCOMPLETE, Rewritten),
    (swap_two_lines, v.CHANGED, v.CHANGED, Rewritten),
    (edit_a_tile, v.CHANGED, v.CHANGED, Rewritten),
    (edit_the_head, v.HOLDS, v.HOLDS, Damaged),
    (put_an_older_state_back, v.HOLDS, v.ROLLED_BACK, RolledBack),
    (rewrite_everything_without_the_key, v.CHANGED, v.CHANGED, Rewritten),
    (rewrite_everything_with_the_stolen_key, v.HOLDS, v.FORKED, Rewritten),
)
"""Attack; what a verifier says who sees the log for the first time; one who remembers; why the service won't sign."""


@pytest.mark.parametrize("found_by", FOUND_BY, ids=[attack.__name__ for attack, *_ in FOUND_BY])
async def test_each_attack_is_found_by_whom_it_must_be(bench: Bench, tmp_path: Path, found_by: FoundBy) -> None:
    attack, alone, remembering, service = found_by
    seen = str(tmp_path / "seen")
    await a_log(bench)
    assert verified(await mirror(bench, tmp_path / "before"), "--remember", seen) == v.HOLDS.status
    await attack(bench)
    after = await mirror(bench, tmp_path / "after")
    assert (verified(after), verified(after, "--remember", seen)) == (alone.status, remembering.status)
    with pytest.raises(service):
        await bench.log_all()
