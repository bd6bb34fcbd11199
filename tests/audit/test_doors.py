"""What the log shows to whom."""

from uuid import uuid4

import orjson
import pytest

from services.audit.domain.tiles import leaves_of
from tests.audit.bench import Bench
from tests.audit.builders import stations
from tests.audit.doors import a_visitor, consultation

REPORTS = "station.reports.police"


async def a_log_of(bench: Bench, reports: int) -> None:
    async with bench.sequencing() as reading:
        for _ in range(reports):
            await bench.send(REPORTS, stations())
        await reading.drain()


async def test_anybody_may_fetch_what_proves_the_log(bench: Bench) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench) as visitor:
        checkpoint, tile = await visitor.get("/checkpoint"), await visitor.get("/tile/0/000.p/3")
    assert checkpoint.text.split("\n")[1] == "3"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert (len(tile.content), "immutable" in tile.headers["cache-control"]) == (96, True)


async def test_a_part_of_a_tile_is_served_at_any_size_the_log_once_had(bench: Bench) -> None:
    await a_log_of(bench, 260)
    async with a_visitor(bench) as visitor:
        whole = (await visitor.get("/tile/0/000")).content
        parts = [(await visitor.get(f"/tile/0/000.p/{width}")).content for width in (1, 77, 255)]
        above = (await visitor.get("/tile/1/000.p/1")).content
    assert (len(whole), len(above)) == (8192, 32)
    assert all(whole.startswith(part) for part in parts)


UNCOVERED = ("tile/0/000", "tile/0/000.p/4", "tile/0/001.p/1", "tile/1/000.p/1", "tile/64/000", "tile/0/0", "tile/x")


async def test_what_no_checkpoint_covers_is_not_there(bench: Bench) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench) as visitor:
        for path in UNCOVERED:
            answer = await visitor.get(f"/{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
            assert answer.json()["type"] == "/problems/not-found"


async def test_an_empty_log_has_no_checkpoint_yet(bench: Bench) -> None:
    async with a_visitor(bench) as visitor:
        assert (await visitor.get("/checkpoint")).status_code == 404


LINES = ("/tile/entries/000.p/3", "/v1/entries/1/proof")


@pytest.mark.parametrize(("roles", "status"), [((), 401), (("iscg",), 403), (("witness",), 403)])
async def test_a_witness_gets_hashes_only(bench: Bench, roles: tuple[str, ...], status: int) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench, *roles) as visitor:
        answers = [await visitor.get(path, params={"consultation": str(uuid4())}) for path in LINES]
        assert [answer.status_code for answer in answers] == [status] * 2
        assert (await visitor.get("/tile/0/000.p/3")).status_code == 200


async def test_lines_and_proofs_need_a_consultation_and_each_look_is_logged(bench: Bench) -> None:
    await a_log_of(bench, 3)
    async with a_visitor(bench, "log-auditor") as auditor:
        for path in LINES:
            assert (await auditor.get(path)).status_code == 422
            refused = await auditor.get(path, params={"consultation": str(uuid4())})
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/no-consultation")
        assert await looks(bench) == 0
        under = await consultation(auditor)
        answers = [(await auditor.get(path, params=under)).raise_for_status() for path in LINES]
    assert [orjson.loads(leaf)["src"][2] for leaf in leaves_of(answers[0].content)] == [0, 1, 2]
    assert answers[0].headers["cache-control"] == "no-store"
    assert await looks(bench) == 2


async def looks(bench: Bench) -> int:
    """How many looks into the log were said."""
    said: int = await bench.database["outbox"].count_documents({"headers.ce_type": "access.log-consulted.v1"})
    return said
