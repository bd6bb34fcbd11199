"""An operator erases what is due; a backup is restored; the doctor finds who can be read again, and erases her anew."""

import asyncio

from tests.flow.command import type_
from tests.flow.house import PATIENCE, House, members

AT_ONCE = {"RELAIS_KEEP_DAYS": "0"}


async def test_what_a_restored_backup_brings_back_is_found_and_erased_again(house: House) -> None:
    case = await _ended_case(house)
    vault, referral = (house.mongo[f"{house.namespace}_{name}"] for name in ("vault", "referral"))
    keys, mine = {"keyAltNames": case}, {"_id": case}
    kept = {name: await vault[name].find_one(keys) for name in ("contact", "file")}
    rows = {name: await referral[name].find_one(mine) for name in ("cases", "dossiers")}
    status, said = await type_(house, "erase", "--yes", **AT_ONCE)
    assert status == 0 and "cases are erased" in said, said
    await house.heard("case.erased.v1", case)
    async with asyncio.timeout(PATIENCE):
        while not await _is_on_the_log(house, case, "case.erased.v1"):  # noqa: ASYNC110 # the log is read, not told
            await asyncio.sleep(0.2)
    assert await _doctor(house) == 0
    for name, key in kept.items():
        await vault[name].replace_one(keys, key or {})
    for name, row in rows.items():
        await referral[name].replace_one(mine, row or {})
    assert await _doctor(house) == 1
    assert await _doctor(house, "--repair", "--yes") == 0
    assert await _doctor(house) == 0
    for name in kept:
        assert "erased_at" in (await vault[name].find_one(keys) or {})
    assert (await referral["cases"].find_one(mine) or {})["state"] == "erased"
    assert not (await referral["dossiers"].find_one(mine) or {}).get("file")


async def _doctor(house: House, *words: str) -> int:
    status, said = await type_(house, "doctor", *words)
    assert "erased cases" in said, said
    return status


async def _ended_case(house: House) -> str:
    """A case that its station has withdrawn."""
    sample = await house.a_sample("to-be-erased")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("case.iscg-assigned.v1", case)
    await house.send((await house.desk()).withdrawal("withdrawn", "GN-31-0412", of="to-be-erased"))
    await house.heard("case.closed.v1", case)
    return case


async def _is_on_the_log(house: House, case: str, type_: str) -> bool:
    rows = house.mongo[f"{house.namespace}_audit"]["entries"].find({"refs": case})
    return any([type_.encode() in row["leaf"] async for row in rows])
