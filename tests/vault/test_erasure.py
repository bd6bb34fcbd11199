from asyncio import gather

import pytest

from shared.vault import Erased, Plain, SealBroken, Sealed, Vault
from shared.vault.keys import Database
from tests.vault.builders import a_case, a_sealed_block, another_process


async def test_an_erased_case_opens_nowhere_from_that_moment(vault: Vault, database: Database) -> None:
    block = await a_sealed_block(vault, a_case())
    await vault.open(block)
    await vault.forget_case(block.owner)
    async with another_process(database, "file") as other:
        for process in (vault, other):
            with pytest.raises(Erased):
                await process.open(block)


async def test_a_key_that_was_just_used_is_of_no_use_once_it_is_destroyed(vault: Vault) -> None:
    block = await a_sealed_block(vault, a_case())
    await vault.open(block)
    await vault.forget(block.compartment, block.owner)
    with pytest.raises(Erased):
        await vault.open(block)
    with pytest.raises(Erased):
        await vault.seal_many([Plain(block.compartment, block.owner, b"content")])


async def test_a_key_that_was_made_ahead_seals_nothing_readable_once_it_is_destroyed(vault: Vault) -> None:
    case = a_case()
    ahead = await vault.keys_for([("file", case)])
    await vault.forget_case(case)
    [late] = await vault.seal_many([Plain("file", case, b"content")], ahead)
    with pytest.raises(Erased):
        await vault.open(Sealed("file", case, late))
    with pytest.raises(Erased):
        await vault.seal_many([Plain("file", case, b"content")], await vault.keys_for([("file", case)]))


async def test_a_late_event_makes_no_new_key_for_an_erased_case(vault: Vault, database: Database) -> None:
    erased, alive = a_case(), a_case()
    await a_sealed_block(vault, erased)
    await vault.forget_case(erased)
    with pytest.raises(Erased) as refusal:
        await vault.seal_many([Plain("file", alive, b"{}"), Plain("file", erased, b"{}")])
    assert refusal.value.owners == {erased}
    [tombstone] = await database["file"].find({"keyAltNames": erased}).to_list()
    assert tombstone.keys() == {"_id", "keyAltNames", "erased_at"}


async def test_a_refused_batch_names_every_erased_case(vault: Vault) -> None:
    erased = {a_case() for _ in range(3)}
    for case in erased:
        await vault.forget_case(case)
    with pytest.raises(Erased) as refusal:
        await vault.seal_many([Plain("file", case, b"{}") for case in (a_case(), *erased)])
    assert refusal.value.owners == erased


async def test_a_case_that_never_had_a_key_gets_none_after_its_erasure(vault: Vault) -> None:
    case = a_case()
    await vault.forget_case(case)
    with pytest.raises(Erased):
        await vault.seal_many([Plain("contact", case, b"{}")])


async def test_erasing_again_keeps_the_first_date(vault: Vault, database: Database) -> None:
    case = a_case()
    await a_sealed_block(vault, case)
    await vault.forget("file", case)
    first = await database["file"].find_one({"keyAltNames": case})
    await vault.forget("file", case)
    assert await database["file"].find_one({"keyAltNames": case}) == first


async def test_an_erasure_wins_against_keys_being_made(vault: Vault, database: Database) -> None:
    cases = [a_case() for _ in range(40)]
    sealing = (vault.seal_many([Plain("file", case, b"{}")]) for case in cases)
    results = await gather(*sealing, *(vault.forget("file", case) for case in cases), return_exceptions=True)
    assert all(isinstance(each, list | Erased | None) for each in results)
    marks = await database["file"].find({"keyAltNames": {"$in": cases}}).to_list()
    assert len(marks) == len(cases)
    assert all("erased_at" in mark for mark in marks)


async def test_forgetting_a_set_aside_record_leaves_the_case_readable(vault: Vault) -> None:
    case, row = a_case(), a_case()
    file, record = await a_sealed_block(vault, case), await a_sealed_block(vault, row, compartment="set-aside")
    await vault.forget("set-aside", row)
    outcomes = await vault.open_many([file, record])
    assert [type(each) for each in outcomes] == [bytes, Erased]
    assert not any(isinstance(each, SealBroken) for each in outcomes)
