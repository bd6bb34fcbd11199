"""Somebody elsewhere has seen the log: what he has seen nobody changes, not even who has key and database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from relais_verify.verdicts import NOT_SIGNED

from services.audit.domain.note import open_note
from services.audit.domain.standing import RolledBack, WitnessedLonger, WitnessedOtherwise
from services.audit.domain.witness import MalformedWitness, Witness, read_witnesses
from services.audit.store.documents import HEAD
from services.audit.store.public import PublicLog
from tests.audit.bench import Bench, drop_topics, make_topics
from tests.audit.builders import a_signer, stations
from tests.audit.doors import a_visitor, consultation
from tests.audit.test_adversary import put_an_older_state_back, rewrite_everything_with_the_stolen_key
from tests.audit.witness import NAME, Elsewhere, a_witness
from tests.verify.builders import verified, write

KEY = Elsewhere().verifier.vkey


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
async def witness(bench: Bench, elsewhere: Elsewhere) -> AsyncIterator[Witness]:
    async with a_witness(elsewhere) as witness:
        bench.witnesses = (witness,)
        yield witness


async def grow(bench: Bench, lines: int) -> None:
    """So many lines more, shown to every witness."""
    async with bench.sequencing() as reading:
        for _ in range(lines):
            await bench.send("station.reports.police", stations())
        await reading.drain()
        await reading.witnesses.agree()


async def forget_on_kafka(bench: Bench) -> None:
    """Whoever owns the database may own the broker, too: the checkpoints there are gone."""
    topic = f"{bench.namespace}.relais.audit"
    await drop_topics(bench.kafka, [topic])
    await make_topics(bench.kafka, {topic: 1})


async def test_a_witness_signs_each_size_that_it_is_shown(bench: Bench, witness: Witness, elsewhere: Elsewhere) -> None:
    for lines in (3, 1, 300):
        await grow(bench, lines)
    assert elsewhere.size == 304
    async with a_visitor(bench) as visitor:
        note = (await visitor.get("/checkpoint")).text
    assert open_note(note, [a_signer().verifier]) == open_note(note, [witness.verifier])
    assert note.count("\n— ") == 2 and f"\n— {NAME} " in note


async def test_a_cosigned_checkpoint_is_checked_offline_as_any(bench: Bench, witness: Witness, tmp_path: Path) -> None:
    await grow(bench, 3)
    line = (await bench.database["entries"].find_one({"_id": 1}))["leaf"]
    async with a_visitor(bench, "log-auditor") as visitor:
        proof = (await visitor.get("/v1/entries/1/proof", params=await consultation(visitor))).content
    assert witness.name.encode() in proof
    another = Elsewhere(Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    given = write(tmp_path / "p", proof), "--line", str(write(tmp_path / "l", line))
    assert verified(*given) == verified(*given, "--witness", witness.verifier.vkey) == 0
    assert verified(*given, "--witness", another.verifier.vkey) == NOT_SIGNED.status


async def test_a_witness_that_has_forgotten_what_we_know_tells_where_it_stands(
    bench: Bench, witness: Witness, elsewhere: Elsewhere
) -> None:
    await grow(bench, 3)
    await bench.database["cosignatures"].delete_many({})
    await grow(bench, 2)
    assert elsewhere.size == 5


async def test_an_older_state_put_back_is_found_by_the_witness_alone(bench: Bench, witness: Witness) -> None:
    await grow(bench, 300)
    await put_an_older_state_back(bench)
    with pytest.raises(WitnessedLonger, match="has seen 300 lines, the database holds 280"):
        await bench.log_all()
    bench.witnesses = ()
    with pytest.raises(RolledBack):
        await bench.log_all()


async def test_what_another_instance_has_shown_meanwhile_is_no_older_state(
    bench: Bench, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grow(bench, 3)
    before = await PublicLog(bench.database).signed_alone()
    await grow(bench, 2)
    now, looks = PublicLog.signed_alone, iter([before])

    async def signed_alone(log: PublicLog, size: int | None = None) -> tuple[str, int]:
        return next(looks, None) or await now(log, size)

    monkeypatch.setattr(PublicLog, "signed_alone", signed_alone)
    await grow(bench, 1)
    assert next(looks, None) is None


async def test_a_past_rewritten_with_the_stolen_key_is_found_by_the_witness(bench: Bench, witness: Witness) -> None:
    await grow(bench, 300)
    await rewrite_everything_with_the_stolen_key(bench)
    with pytest.raises(WitnessedOtherwise):
        await bench.log_all()


async def test_what_a_witness_has_seen_stands_also_when_kafka_has_forgotten(bench: Bench, witness: Witness) -> None:
    await grow(bench, 300)
    await rewrite_everything_with_the_stolen_key(bench)
    await forget_on_kafka(bench)
    with pytest.raises(WitnessedOtherwise):
        await bench.log_all()
    # Without a witness nobody is left who remembers: this is why one must stand elsewhere.
    bench.witnesses = ()
    await bench.log_all()


NONSENSE: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": 404},
    {"status": 403},
    {"status": 409, "text": "many"},
    {"status": 200, "text": "— witness.example/one AAAA\n"},
    {"status": 200, "text": "\x00" * 99},
    {"status": 302, "headers": {"location": "http://127.0.0.1:9/"}},
)


async def test_a_witness_that_answers_nonsense_hinders_nobody(
    bench: Bench, witness: Witness, elsewhere: Elsewhere
) -> None:
    for asked, answer in enumerate(NONSENSE):
        elsewhere.instead = web.Response(**answer)
        await grow(bench, 1)
        assert elsewhere.asked > asked and await bench.database["cosignatures"].count_documents({}) == 0
    assert (await bench.database["head"].find_one({"_id": HEAD}))["size"] == len(NONSENSE)


async def test_a_witness_that_is_away_hinders_nobody(bench: Bench, elsewhere: Elsewhere) -> None:
    bench.witnesses = (Witness("http://127.0.0.1:9", elsewhere.verifier),)
    await grow(bench, 3)
    assert (await bench.database["head"].find_one({"_id": HEAD}))["size"] == 3


def test_witnesses_are_a_line_each() -> None:
    text = f"# our witnesses\n\nhttps://witness.example/log/ {KEY}\nhttp://127.0.0.1:8/ {KEY}\n"
    assert [each.url for each in read_witnesses(text)] == ["https://witness.example/log", "http://127.0.0.1:8"]


@pytest.mark.parametrize(
    "line",
    [
        "https://witness.example",
        f"http://witness.example {KEY}",
        f"ftp://witness.example {KEY}",
        f"https:// {KEY}",
        f"https://witness.example?x {KEY}",
        f"https://witness.example {a_signer().verifier.vkey}",
        "https://witness.example a+b+c",
    ],
)
def test_a_line_that_is_no_witness_is_refused(line: str) -> None:
    with pytest.raises(MalformedWitness):
        read_witnesses(line)
