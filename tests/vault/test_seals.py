from asyncio import create_task, gather, sleep
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.asking import Question, ask
from shared.vault import (
    Erased,
    MasterNotHere,
    NoMaster,
    NotMigrated,
    Plain,
    SealBroken,
    Sealed,
    Vault,
    VaultUnavailable,
    WrongMaster,
    keys,
)
from shared.vault.keys import Database
from tests.vault.builders import Document, a_case, a_sealed_block, another_process


@settings(max_examples=50, deadline=None)
@given(contents=st.lists(st.binary(max_size=3000), max_size=30))
async def test_whatever_is_sealed_opens_again_in_order(vault: Vault, contents: list[bytes]) -> None:
    plain = [Plain("file", a_case(), content) for content in contents]
    sealed = await vault.seal_many(plain)
    assert await vault.open_many([Sealed("file", p.owner, s) for p, s in zip(plain, sealed, strict=True)]) == contents


async def test_another_process_opens_what_this_one_sealed(vault: Vault, database: Database) -> None:
    block = await a_sealed_block(vault, a_case(), b"Jeanne")
    async with another_process(database, "file") as other:
        assert await other.open(block) == b"Jeanne"


async def test_what_is_sealed_does_not_show_its_content(vault: Vault) -> None:
    block = await a_sealed_block(vault, a_case(), b"Jeanne")
    assert b"Jeanne" not in block.sealed


async def test_blocks_show_their_content_in_no_repr() -> None:
    assert "Jeanne" not in repr(Plain("file", a_case(), b"Jeanne"))


async def test_processes_that_hurry_make_one_key_a_case(database: Database) -> None:
    cases = [a_case() for _ in range(50)]
    plain = [Plain("contact", case, b"x") for case in cases]
    async with another_process(database, "contact") as one, another_process(database, "contact") as two:
        await gather(*(vault.seal_many(plain) for vault in (one, two, one, two)))
    assert await database["contact"].count_documents({"keyAltNames": {"$in": cases}}) == len(cases)


async def test_keys_are_made_ahead_and_whatever_is_lacking_is_made_then(vault: Vault, database: Database) -> None:
    ahead, later = a_case(), a_case()
    keys = await vault.keys_for([("file", ahead)])
    assert await vault.keys_for([]) == {}
    sealed = await vault.seal_many([Plain("file", ahead, b"first"), Plain("file", later, b"second")], keys)
    blocks = [Sealed("file", owner, each) for owner, each in zip((ahead, later), sealed, strict=True)]
    assert await vault.open_many(blocks) == [b"first", b"second"]
    assert await database["file"].count_documents({"keyAltNames": {"$in": [ahead, later]}}) == 2


async def test_blocks_that_are_opened_at_the_same_moment_are_asked_for_in_one_question(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [await a_sealed_block(vault, a_case(), b"%d" % n) for n in range(20)]
    erased, contact = blocks[3], await a_sealed_block(vault, a_case(), b"contact", compartment="contact")
    await vault.forget("file", erased.owner)
    questions = []

    async def asked(database: Database, about: Sequence[Question]) -> list[list[Document]]:
        questions.append(about)
        return await ask(database, about)

    monkeypatch.setattr(keys, "ask", asked)
    opened = await gather(*map(vault.open, (*blocks, contact)), return_exceptions=True)
    assert isinstance(opened.pop(3), Erased)
    assert opened == [b"%d" % n for n in range(20) if n != 3] + [b"contact"]
    assert len(questions) == 1
    assert await vault.open(contact) == b"contact"
    assert len(questions) == 2


async def test_a_question_that_several_share_fails_for_each_and_outlives_who_asked_first(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [await a_sealed_block(vault, a_case()) for _ in range(2)]
    first, second = (create_task(vault.open(each)) for each in blocks)
    await sleep(0)
    first.cancel()
    assert await second == b"{}"

    async def away(*_: object) -> list[list[Document]]:
        raise VaultUnavailable

    monkeypatch.setattr(keys, "ask", away)
    failed = await gather(*map(vault.open, blocks), return_exceptions=True)
    assert [type(each) for each in failed] == [VaultUnavailable, VaultUnavailable]
    monkeypatch.undo()
    assert await vault.open(blocks[0]) == b"{}"


async def test_one_cases_block_does_not_open_as_anothers(vault: Vault) -> None:
    block, other = await a_sealed_block(vault, a_case()), await a_sealed_block(vault, a_case())
    with pytest.raises(SealBroken):
        await vault.open(Sealed("file", other.owner, block.sealed))


async def test_a_contact_block_does_not_open_as_the_file(vault: Vault) -> None:
    case = a_case()
    await a_sealed_block(vault, case)
    contact = await a_sealed_block(vault, case, compartment="contact")
    with pytest.raises(SealBroken):
        await vault.open(Sealed("file", case, contact.sealed))


async def test_no_changed_or_cut_bytes_ever_open(vault: Vault) -> None:
    block = await a_sealed_block(vault, a_case(), b"content")
    whole = block.sealed
    changed = [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(len(whole))]
    cut = [whole[:n] for n in range(len(whole))]
    opened = await vault.open_many([Sealed("file", block.owner, each) for each in (*changed, *cut)])
    assert {type(each) for each in opened} == {SealBroken}


async def test_a_lost_key_is_a_fault_and_no_erasure(vault: Vault, database: Database) -> None:
    block = await a_sealed_block(vault, a_case())
    await database["file"].delete_one({"keyAltNames": block.owner})
    with pytest.raises(SealBroken):
        await vault.open(block)


async def test_a_service_without_the_master_neither_seals_nor_opens(vault: Vault, database: Database) -> None:
    block = await a_sealed_block(vault, a_case(), compartment="file")
    async with another_process(database, "contact") as notification:
        assert notification.compartments == {"contact"}
        with pytest.raises(NoMaster, match="file"):
            await notification.open_many([block])
        with pytest.raises(NoMaster, match="file"):
            await notification.seal_many([Plain("file", block.owner, b"")])


async def test_another_master_opens_nothing(vault: Vault, database: Database) -> None:
    block = await a_sealed_block(vault, a_case())
    async with another_process(database, "file", filled_with=8) as stranger:
        with pytest.raises(MasterNotHere):
            await stranger.open(block)


async def test_a_wrong_master_is_told_at_the_start(vault: Vault, database: Database) -> None:
    await vault.check_ready()
    await vault.check_ready()
    async with another_process(database, "file", filled_with=8) as stranger:
        with pytest.raises(WrongMaster, match="file"):
            await stranger.check_ready()


async def test_a_vault_without_its_index_seals_nothing_at_the_start(database: Database) -> None:
    unprepared = database.client[f"{database.name}_unprepared"]
    async with another_process(unprepared, "file") as vault:
        with pytest.raises(NotMigrated, match="relais migrate"):
            await vault.check_ready()
    assert await unprepared.list_collection_names() == []


async def test_each_block_of_a_batch_has_its_own_outcome(vault: Vault) -> None:
    whole, erased, broken = [await a_sealed_block(vault, a_case(), b"content") for _ in range(3)]
    await vault.forget("file", erased.owner)
    outcomes = await vault.open_many([erased, Sealed("file", broken.owner, b""), whole])
    assert [type(each) for each in outcomes] == [Erased, SealBroken, bytes]
