"""Puts odd names in, and looks for them in everything that comes out."""

import json
import re
from base64 import b64decode
from binascii import Error
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from deploy.samples.desk import Sample
from tests.flow.house import House, members
from tests.flow.logged import until_logged
from tests.flow.people import ISCGS

CANARIES = (b"Canari", b"Fictive", b"+3363998", b"violence-in-couple", b"officer-", b"un SMS d'abord", b"shelter")
CLEAR = b"Zephyrine Ocelot-Fennec"
NAME = b"Canari-Zebre-Quokka"
"""In the database's and the broker's files every test leaves something: only this one's own name counts there."""

WRAPPED = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def unwrapped(text: bytes) -> Iterator[bytes]:
    """A text, and whatever it holds in base64: to be wrapped is not to be sealed."""
    yield text
    for wrapped in WRAPPED.findall(text):
        try:
            yield b64decode(wrapped, validate=True)
        except Error:
            continue


async def outlets(house: House, case: str, report: str) -> AsyncIterator[tuple[str, bytes]]:
    """Everything that comes out of the house, by where it was found."""
    for said in await house.history():
        yield said.topic, said.value + repr(said.headers).encode()
    async for row in rows(house):
        yield row
    yield "logs and addresses", house.logs().encode()
    yield "traces", house.traces.read_bytes()
    for mail in house.mails():
        yield "mails", mail.encode()
    for service in house.services.values():
        yield "metrics", (await house.client.get(service.metrics_address)).content
    async for answer in answers(house, case, report):
        yield answer


async def rows(house: House) -> AsyncIterator[tuple[str, bytes]]:
    """Every document of the house's databases."""
    for name in await house.mongo.list_database_names():
        if name.startswith(f"{house.namespace}_"):
            for collection in await house.mongo[name].list_collection_names():
                async for row in house.mongo[name][collection].find():
                    yield f"{name}.{collection}", repr(row).encode()
                    yield f"{name}.{collection}", b" ".join(v for v in row.values() if isinstance(v, bytes))


async def answers(house: House, case: str, report: str) -> AsyncIterator[tuple[str, bytes]]:
    """What the doors answer to everybody who may ask, short of opening an identity."""
    asked = (
        ("intake", f"/v1/reports/{report}", "gendarmerie"),
        ("intake", "/v1/set-aside", "operator-1"),
        ("referral", f"/v1/cases/{case}", "coordinator-31"),
        *(("referral", f"/v1/cases/{case}", iscg) for iscg in ISCGS),
        ("referral", "/v1/set-aside", "operator-1"),
        ("notification", "/v1/set-aside", "operator-1"),
        ("audit", f"/v1/entries?case={case}&consultation={await a_consultation(house)}", "auditor-1"),
    )
    for service, path, who in asked:
        address = f"{house.services[service].address}{path}"
        answer = await house.client.get(address, headers=await house.token(who))
        yield f"answers of {service}", answer.content + repr(answer.headers).encode()


async def a_consultation(house: House) -> str:
    """Under which an auditor may look."""
    address = f"{house.services['audit'].address}/v1/consultations"
    why = {"purpose": "audit", "justification": "Contrôle de ce dossier"}
    opened = await house.client.post(address, json=why, headers=await house.token("auditor-1"))
    return str(opened.json()["consultation_id"])


async def leaks(house: House, case: str, report: str) -> set[tuple[str, bytes]]:
    """Which canaries were heard where."""
    return {
        (where, canary)
        async for where, text in outlets(house, case, report)
        for plain in unwrapped(text)
        for canary in CANARIES
        if canary in plain
    }


async def let_fly(house: House, family: str = "Canari-007") -> tuple[str, str]:
    """A report with odd names that has travelled to its end: its case and its id."""
    sample = await house.a_sample(family, family)
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("notification.sent.v1", case, many=2)
    return case, receipt.key


async def test_no_canary_is_heard_outside_the_seals(house: House) -> None:
    assert await leaks(house, *await let_fly(house)) == set()


def in_clear(sample: Sample) -> list[Sample]:
    """What a vendor's software sends whose first bug is that it seals nothing, in every form that it may take."""
    person = CLEAR.decode()
    whole = json.dumps({**json.loads(sample.value or b""), "sealed": person, "content": {"name": person}})
    attributes = {name.removeprefix("ce_"): (text or b"").decode() for name, text in sample.headers}
    as_one = json.dumps({**attributes, "data": json.loads(whole), "name": person})
    structured = (("content-type", b"application/cloudevents+json"),)
    return [
        replace(sample, value=whole.encode()),
        replace(sample, value=b"Madame " + CLEAR),
        replace(sample, headers=(*sample.headers, ("ce_name", CLEAR), ("name", CLEAR)), value=CLEAR),
        replace(sample, headers=(), value=CLEAR),
        replace(sample, headers=structured, value=as_one.encode()),
        replace(sample, headers=structured, value=CLEAR),
    ]


async def test_a_report_in_clear_leaves_its_name_on_the_stations_own_topic_alone(house: House) -> None:
    case, report = await let_fly(house, "Canari-008")
    samples = in_clear(await house.a_sample("in clear"))
    await until_logged(house, [await house.send(each) for each in samples])
    await house.heard("station.receipt-issued.v1", samples[0].key.decode())
    found = {where async for where, text in outlets(house, case, report) for each in unwrapped(text) if CLEAR in each}
    assert found == set()


def _content(path: Path) -> bytes:
    """What stands in a file; nothing, once the database has dropped it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


async def test_no_canary_stands_in_the_files_of_database_and_broker(house: House) -> None:
    await let_fly(house, NAME.decode())
    files = [path for kind in ("kafka", "mongo") for path in (house.stack.folder / kind).rglob("*") if path.is_file()]
    assert [path.name for path in files if NAME in _content(path)] == []


async def test_a_refusal_at_a_door_repeats_nothing_of_what_was_asked(house: House) -> None:
    for service in house.services.values():
        answer = await house.client.get(f"{service.address}/v1/Canari?name=Canari")
        assert b"Canari" not in answer.content


async def test_the_canary_is_heard_as_soon_as_sealing_is_switched_off(unsealed_house: House) -> None:
    found = await leaks(unsealed_house, *await let_fly(unsealed_house))
    heard = {where.partition("_")[2] or where for where, _ in found}
    assert heard >= {"relais.intake", "intake.outbox", "referral.dossiers", "audit.payloads"}
