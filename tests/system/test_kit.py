"""The vendors' kit against a running house, as a vendor types it."""

import asyncio
import csv
from pathlib import Path

import orjson
import pytest
import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

from tests.system.outside import ROOT, Outside

OF_THE_TABLE = "relais-kit-result.json"


async def kit(relais: Outside, folder: Path, *words: str) -> tuple[int, str]:
    """`relais-kit …` in a folder: its exit status, and what it prints."""
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "relais-kit"),
        *words,
        cwd=folder,
        env={**relais.environment, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, said.decode()


def failed(folder: Path) -> list[tuple[str, str]]:
    """What the signed result says went wrong. Raises where its signature does not hold."""
    told = orjson.loads((folder / OF_THE_TABLE).read_bytes())
    read = jws.deserialize_compact(told["jws"], OKPKey.import_key(told["key"]), algorithms=["Ed25519"])
    assert read.payload == rfc8785.dumps(told["result"])
    return [(step["name"], step["said"]) for step in told["result"]["steps"] if not step["passed"]]


async def test_the_scenario_at_the_https_door_passes(relais: Outside, tmp_path: Path) -> None:
    who = ("--issuer", relais.places["issuer"], "--client-id", "gendarmerie")
    secret = ("--secret", await asyncio.to_thread(relais.secret, "gendarmerie"))
    status, said = await kit(relais, tmp_path, "run", "--url", relais.places["intake"], *who, *secret)
    assert failed(tmp_path) == []
    assert status == 0 and "0 failed" in said


async def test_the_scenario_at_the_kafka_door_passes(relais: Outside, tmp_path: Path) -> None:
    keys = f"{relais.places['intake']}/.well-known/jwks.json"
    where = ("--kafka", relais.places["kafka"], "--keys", keys, "--client-id", "gendarmerie")
    status, said = await kit(relais, tmp_path, "run", *where)
    assert failed(tmp_path) == []
    assert status == 0 and "0 failed" in said


async def test_what_does_not_keep_the_promises_fails(relais: Outside, tmp_path: Path) -> None:
    token = ("--token", await asyncio.to_thread(relais.token, "gendarmerie"))
    status, _ = await kit(relais, tmp_path, "run", "--url", relais.places["referral"], *token)
    assert status == 1 and len(failed(tmp_path)) > 15


async def test_each_sample_gets_the_answer_that_it_is_said_to_get(relais: Outside, tmp_path: Path) -> None:
    status, _ = await kit(relais, tmp_path, "samples", "made")
    assert status == 0
    token = await asyncio.to_thread(relais.token, "gendarmerie")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "ce-specversion": "1.0"}
    event = {"ce-source": "/stations", "ce-type": "station.report-submitted.v1", "ce-id": "sample"}
    with (tmp_path / "made/answers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 80
    for row in rows:
        body = (tmp_path / "made" / f"{row['sample']}.json").read_bytes()
        address = f"{relais.places['intake']}/v1/reports"
        answer = await relais.client.post(address, content=body, headers=headers | event)
        told = answer.json()
        assert (str(answer.status_code), told.get("outcome", "rejected")) == (row["status"], row["outcome"]), row
        faults = " ".join(f"{each['pointer']}:{each['code']}" for each in told.get("faults", ()))
        assert sorted(faults.split()) == sorted(row["faults"].split()), row


async def test_a_report_is_sealed_and_its_receipt_is_opened_by_hand(relais: Outside, tmp_path: Path) -> None:
    keys = ("--keys", f"{relais.places['intake']}/.well-known/jwks.json")
    await kit(relais, tmp_path, "samples", ".")
    _, sealed = await kit(relais, tmp_path, "seal", "least.json", *keys)
    assert orjson.loads(sealed)["sealed"].count(".") == 4
    [receipt, *_] = relais.receipts
    (tmp_path / "receipt.json").write_bytes(orjson.dumps(receipt))
    status, said = await kit(relais, tmp_path, "open-receipt", "receipt.json", *keys)
    assert status == 0 and "Genuine" in said
    (tmp_path / "receipt.json").write_bytes(orjson.dumps(receipt | {"received_at": "2026-01-01T00:00:00Z"}))
    status, said = await kit(relais, tmp_path, "open-receipt", "receipt.json", *keys)
    assert status == 2 and "something else than what was signed" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run",), "Say where"),
        (("run", "--url", "http://127.0.0.1:1"), "To sign in give"),
        (("run", "--kafka", "127.0.0.1:1"), "--keys and --client-id"),
        (("seal", "no-content.json", "--keys", "nowhere.json"), "no member `content`"),
        (("open-receipt", "no-content.json", "--keys", "nowhere.json"), "No key set at nowhere.json"),
    ],
)
async def test_what_is_missing_is_said_in_a_sentence(
    relais: Outside, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "no-content.json").write_bytes(b"{}")
    status, said = await kit(relais, tmp_path, *words)
    assert status == 2 and sentence in said and "Traceback" not in said
