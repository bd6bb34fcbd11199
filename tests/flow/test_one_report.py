"""One report's story, from the station's record to the line in the log."""

import asyncio

import httpx
import orjson

from tests.delivery.history import faults
from tests.flow.house import PATIENCE, House, members


async def test_a_report_becomes_a_case_a_mail_and_lines_of_the_log(house: House) -> None:
    sample = await house.a_sample("story")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [accepted] = [s for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key]
    case = accepted.key
    [assigned] = await house.heard("case.iscg-assigned.v1", case)
    sent = await house.heard("notification.sent.v1", case, many=2)
    told = {members(s)["ref"] for s in sent}
    assert members(assigned)["iscg_id"] in told
    assert len(told) == 2, "the ISCG and the partner that was asked for"
    assert members(receipt)["outcome"] == "accepted"


async def test_one_trace_leads_from_the_stations_record_to_the_notice(house: House) -> None:
    sample = await house.a_sample("trace")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    [assigned] = await house.heard("case.iscg-assigned.v1", case)
    sent = await house.heard("notification.sent.v1", case, many=2)
    assert len({s.headers["traceparent"].split("-")[1] for s in (receipt, assigned, *sent)}) == 1


async def test_an_iscg_takes_the_case_and_the_station_learns_that_much(house: House) -> None:
    sample = await house.a_sample("acceptance")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    [assigned] = await house.heard("case.iscg-assigned.v1", case)
    who, address = await house.token(members(assigned)["iscg_id"]), house.services["referral"].address
    seen = await house.client.get(f"{address}/v1/cases/{case}", headers=who)
    act = who | {"if-match": seen.headers["etag"], "idempotency-key": "0b0e4a2e-8b43-4b0e-9a5e-2f0b1c7d9e11"}
    taken = await house.client.post(f"{address}/v1/cases/{case}/acceptance", headers=act)
    assert taken.status_code == 200, taken.text
    standing = (await house.heard("station.receipt-issued.v1", receipt.key, many=2))[-1]
    assert members(standing)["standing"] == "taken-in-charge"


async def test_an_integrator_follows_its_own_report_and_no_other(house: House) -> None:
    sample = await house.a_sample("standing")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    address = f"{house.services['intake'].address}/v1/reports/{receipt.key}"
    own = await house.client.get(address, headers=await house.token("gendarmerie"))
    others = await house.client.get(address, headers=await house.token("police"))
    assert own.json()["standing"] == "received"
    assert others.status_code == 404


async def test_an_auditor_finds_the_case_in_the_log_and_the_look_is_logged(house: House) -> None:
    sample = await house.a_sample("audit")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("notification.sent.v1", case, many=2)
    before = len(await house.history(["relais.access"]))
    address, who = house.services["audit"].address, await house.token("auditor-1")
    why = {"purpose": "audit", "justification": "Contrôle de ce dossier"}
    consultation = (await house.client.post(f"{address}/v1/consultations", json=why, headers=who)).json()
    asked = {"case": case, "consultation": consultation["consultation_id"]}
    answers: list[httpx.Response] = []
    async with asyncio.timeout(PATIENCE):
        while not answers or b"notification.sent.v1" not in answers[-1].content:
            answer = await house.client.get(f"{address}/v1/entries", params=asked, headers=who)
            assert answer.status_code == 200, answer.text
            answers.append(answer)
    assert b"case.iscg-assigned.v1" in answers[-1].content
    assert len(await house.history(["relais.access"])) == before + len(answers)


async def test_an_operator_lists_and_gives_up_what_was_set_aside(house: House) -> None:
    sample = await house.a_sample("rubbish")
    topic = f"{house.namespace}.station.reports.gendarmerie"
    record = await house.producer.send_and_wait(topic, b"{", sample.key, headers=list(sample.headers))
    await house.send(await house.a_sample("after-rubbish"))
    await house.heard("station.receipt-issued.v1", (await house.a_sample("after-rubbish")).key.decode())
    address, who = f"{house.services['intake'].address}/v1/set-aside", await house.token("operator-1")
    row = await house.set_aside(record)
    again = await house.client.post(f"{address}/{row}/replay", headers=who)
    given_up = await house.client.post(f"{address}/{row}/discard", headers=who, json={"because": "a test has sent it"})
    assert (again.json(), given_up.json()) == ({"outcome": "set-aside"}, {"outcome": "discarded"})


async def test_the_whole_history_keeps_every_promise(house: House) -> None:
    ours = [s for s in await house.history() if s.topic.startswith(("relais.", "station.receipts."))]
    assert list(faults(ours)) == []
    assert all(orjson.loads(s.value) for s in ours)
