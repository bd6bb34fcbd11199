"""What an auditor types: search, take along, and check alone what she took."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from relais_verify.app import main

from tests.flow.command import type_, type_at_door
from tests.flow.house import PATIENCE, House, members

WHY = ("--justification", "A test of the log's command")


async def log(house: House, *words: str, who: str = "auditor-1") -> tuple[int, str]:
    """`relais audit …` at audit's door."""
    return await type_at_door(house, "audit", who, "audit", *words)


async def a_case(house: House, name: str) -> str:
    sample = await house.a_sample(name)
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("notification.sent.v1", case, many=2)
    return case


async def test_an_auditor_searches_and_takes_along_what_proves_itself(house: House, tmp_path: Path) -> None:
    case, out = await a_case(house, "searched"), tmp_path / "case.zip"
    status, said = await log(house, "search", f"case={case}", *WHY)
    assert status == 0 and f"Case {case} was opened." in said, said
    status, said = await log(house, "search", "operation=collection", "--newest", "--most", "1", *WHY)
    assert status == 0 and "1 of " in said, said
    status, said = await log(house, "export", f"case={case}", "--out", str(out), *WHY)
    assert status == 0 and f"relais-verify {out}" in said, said
    status, said = await log(house, "export", "--out", str(tmp_path / "nowhere" / "case.zip"), *WHY)
    assert status == 1 and "can't be written" in said, said
    assert main([str(out), "--key", await key_of(house), "--remember", str(tmp_path / "seen")]) == 0


async def key_of(house: House) -> str:
    """The log's key, as the operator reads it out."""
    status, said = await type_(house, "audit", "key")
    assert status == 0, said
    return said.strip()


async def test_what_lines_are_found_by_is_held_against_them(house: House) -> None:
    await a_case(house, "checked")
    status, said = await type_(house, "audit", "check")
    assert status == 0 and "are as they should be" in said, said
    entries = house.mongo[f"{house.namespace}_audit"]["entries"]
    line = await entries.find_one_and_update({"op": "collection"}, {"$set": {"who": "somebody-else"}})
    assert line
    status, said = await type_(house, "audit", "check")
    assert status == 1 and f"Line {line['_id']} is found by something else than it says." in said, said
    await entries.replace_one({"_id": line["_id"]}, line)


async def test_a_closed_day_is_in_the_log_and_what_is_missing_is_sent_again(house: House) -> None:
    await a_case(house, "closed")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    of_referral = house.mongo[f"{house.namespace}_referral"]
    await of_referral["days"].update_one({"_id": "next"}, {"$set": {"day": yesterday, "number": 0}})
    closed = await house.heard("delivery.day-closed.v1", "relais.cases")
    assert [members(each)["day"] for each in closed] == [yesterday]
    [event, *_] = await of_referral["outbox"].distinct("headers.ce_id", {"topic": "relais.cases"})
    status, said = await type_(house, "send-again", "referral", event)
    assert status == 0 and "1 units of work are sent again" in said, said
    async with asyncio.timeout(PATIENCE):
        while await of_referral["unsent"].count_documents({}):  # noqa: ASYNC110 # the database is read, not told
            await asyncio.sleep(0.2)
    for words, told in (
        (("referral", str(uuid4())), "keeps none of these events"),
        (("nobody", event), "There is no service nobody"),
    ):
        status, said = await type_(house, "send-again", *words)
        assert status == 1 and told in said, said


async def test_a_search_that_is_none_is_told_in_a_sentence(house: House) -> None:
    for words, told in (
        (("search", "case", *WHY), "Say which lines by NAME=VALUE"),
        (("search", "case=Oddname", *WHY), "Refused (422)"),
        (("search", "from_index=many", *WHY), "from_index and to_index are numbers."),
        (("search", "--justification", "short"), "Refused (422)"),
    ):
        status, said = await log(house, *words)
        assert status == 1 and told in said and "Oddname" not in said, said
    status, said = await log(house, "search", *WHY, who="iscg-31-a")
    assert (status, said.count("\n")) == (1, 1) and said.startswith("Refused (403)")
