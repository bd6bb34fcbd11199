"""What is written to the person, from her ISCG's wish to the SMS, and the stop; how operators look after notices."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from deploy.samples.people import a_consent, a_content
from tests.flow.command import type_, type_at_door
from tests.flow.house import PATIENCE, House, members

CALL_BACK = {"words": "call-back", "agreed": "oral"}


class Holder:
    """The ISCG who has taken a case in charge."""

    def __init__(self, house: House, case: str, iscg: str) -> None:
        self.house, self.case, self.iscg = house, case, iscg
        self.address = f"{house.services['referral'].address}/v1/cases/{case}"

    async def read(self) -> httpx.Response:
        """The case as it stands."""
        return await self.house.client.get(self.address, headers=await self.house.token(self.iscg))

    async def act(self, what: str, body: Any = None) -> httpx.Response:
        """Do something with it as it stands."""
        version = (await self.read()).headers["etag"]
        headers = await self.house.token(self.iscg) | {"if-match": version, "idempotency-key": str(uuid4())}
        return await self.house.client.post(f"{self.address}/{what}", json=body, headers=headers)


async def a_held_case(house: House, number: str, **hours: Any) -> Holder:
    """A report of somebody who may be written to at this number, whose case was taken in charge."""
    desk = await house.desk()
    content = a_content(7, desk.now, a_consent("given"))
    contact = {"channel": "sms", "value": number, "zone": "Europe/Paris", "never_call": True, "no_voicemail": True}
    content["persons"][0]["contact"] = contact | hours
    sample = desk.report(f"written-{number}", "GN-31-0412", content, urgency="urgent", test=False)
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    [assigned] = await house.heard("case.iscg-assigned.v1", case)
    holder = Holder(house, case, members(assigned)["iscg_id"])
    assert (await holder.act("acceptance")).status_code == 200
    return holder


async def texts(house: House, number: str, many: int) -> list[dict[str, str]]:
    """What the gateway took for a number, once it is as much as this."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [each for each in house.texts() if each["to"] == number]
            if len(found) >= many:
                return found
            await asyncio.sleep(0.2)


async def test_her_iscg_has_her_written_to_and_stops_it(house: House) -> None:
    number = "+33639980101"
    holder = await a_held_case(house, number)
    asked = await holder.act("person-notices", CALL_BACK)
    assert asked.status_code == 201, asked.text
    [text] = await texts(house, number, 1)
    assert text == {"to": number, "from": "Info", "text": "Bonjour, vous pouvez rappeler quand cela vous convient."}
    refs = {members(s)["ref"] for s in await house.heard("notification.sent.v1", holder.case, many=2)}
    assert "person" in refs
    assert (await holder.act("contact-stop")).status_code == 200
    await house.heard("notification.contact-stopped.v1", holder.case)
    async with asyncio.timeout(PATIENCE):
        while "stopped_at" not in (await holder.read()).json()["silence"]:  # noqa: ASYNC110 # a door tells nobody
            await asyncio.sleep(0.1)
    refused = await holder.act("person-notices", CALL_BACK)
    assert (refused.status_code, refused.json()["reason"]) == (409, "writing-stopped")
    assert len(await texts(house, number, 1)) == 1
    said = await house.history()
    assert not [s for s in said if number.encode() in s.value]


async def test_who_gave_no_consent_is_not_written_to_and_bad_wishes_are_told_by_place(house: House) -> None:
    holder = await a_held_case(house, "+33639980102")
    wrong = await holder.act("person-notices", {"words": "call-back", "agreed": "shouted", "valid_for": 500})
    assert wrong.status_code == 422
    assert {each["pointer"] for each in wrong.json()["faults"]} == {"/agreed", "/valid_for"}
    by_phone = await a_held_case(house, "+33639980103", channel="phone", never_call=False)
    refused = await by_phone.act("person-notices", CALL_BACK)
    assert (refused.status_code, refused.json()["reason"]) == (409, "no-way-to-write")


async def test_an_operator_lists_shows_and_sends_again_what_is_no_secret(house: House) -> None:
    holder = await a_held_case(house, "+33639980104")
    await house.heard("notification.sent.v1", holder.case, many=1)
    status, listed = await ask(house, "list", "--case", holder.case, "--ref", holder.iscg)
    assert status == 0 and "iscg-assigned" in listed and "@" not in listed
    notice = next(line.split()[0] for line in listed.splitlines() if "iscg-assigned" in line)
    status, shown = await ask(house, "show", notice)
    assert status == 0 and "sent" in shown and "@" not in shown
    mails = len(house.mails())
    assert await ask(house, "resend", notice) == (0, "It is owed again, and goes at once.\n")
    await house.heard("notification.sent.v1", holder.case, many=2)
    assert len(house.mails()) == mails + 1
    again = await ask(house, "resend", str(uuid4()))
    assert again[0] == 1 and again[1].startswith("Refused (404)")
    assert (await ask(house, "list", "--state", "nonsense"))[1].startswith("Refused (422)")
    asked = await holder.act("person-notices", CALL_BACK)
    assert asked.status_code == 201
    await texts(house, "+33639980104", 1)
    await house.heard("notification.sent.v1", holder.case, many=3)
    _, listed = await ask(house, "list", "--case", holder.case, "--ref", "person")
    hers = next(line.split()[0] for line in listed.splitlines() if "person-call-back" in line)
    assert (await ask(house, "resend", hers))[1].startswith("Refused (409)")


async def test_texts_are_shown_as_their_readers_see_them(house: House) -> None:
    status, shown = await type_(house, "notices", "preview", "person-appointment", "--language", "fr")
    assert status == 0 and "Bonjour, pensez à votre rendez-vous." in shown
    status, said = await type_(house, "notices", "preview", "nothing")
    assert status == 1 and said.startswith("There is no such template")


async def ask(house: House, *words: str) -> tuple[int, str]:
    """What `relais notices …` says to an operator."""
    return await type_at_door(house, "notification", "operator-1", "notices", *words)
