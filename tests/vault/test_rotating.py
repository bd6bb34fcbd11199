"""Masters follow one another while services run, and nothing that was erased comes back."""

import json
from asyncio import gather, to_thread
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import WriteError
from pymongocrypt.errors import MongoCryptError  # type: ignore[import-untyped] # the package ships no types
from typer.testing import CliRunner

from cli.main import app
from shared.vault import (
    COMPARTMENTS,
    Erased,
    MasterFiles,
    Masters,
    Plain,
    Sealed,
    UnusableMaster,
    Vault,
    VaultUnavailable,
    migrate,
    rotating,
)
from shared.vault.crypt import OPAQUE, Crypt, KeyDocument
from shared.vault.keys import Database
from shared.vault.masters import MASTER_BYTES, new_master
from tests.vault.builders import Document, a_case, a_sealed_block


class Files:
    """The master's file of one compartment, and the services that read it."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database, self.path = database, path
        self.path.write_bytes(new_master())
        self.files = MasterFiles(file_file=path)

    def service(self) -> Vault:
        def read() -> Masters:
            return self.files.read(["file"])

        return Vault(self.database, read(), read)

    async def rotate(self) -> rotating.Rotated:
        return await rotating.rotate(self.database, self.files, "file", lambda *_: None)

    async def wrapped_by(self) -> set[str]:
        return set(await self.database["file"].distinct("masterKey.provider"))


@pytest.fixture
async def files(mongo: AsyncMongoClient[Document], namespace: str, tmp_path: Path) -> Files:
    database = mongo[f"{namespace}-{uuid4().hex[:8]}_vault"]
    await migrate(database)
    return Files(database, tmp_path / "file.key")


async def test_what_was_sealed_before_a_rotation_opens_after_it_in_every_process(files: Files) -> None:
    running = files.service()
    block = await a_sealed_block(running, a_case(), b"content")
    old = files.path.read_bytes()
    rotated = await files.rotate()
    assert [await each.open(block) for each in (running, files.service())] == [b"content"] * 2
    assert files.path.read_bytes() != old
    assert await files.wrapped_by() == {rotated.master}
    assert rotated.rewrapped == 1


async def test_the_old_master_opens_no_key_once_it_is_destroyed(files: Files) -> None:
    block = await a_sealed_block(files.service(), a_case())
    old, rotated = Crypt("file", files.files.read(["file"])["file"]), await files.rotate()
    [key] = await files.database["file"].with_options(OPAQUE).find().to_list()
    assert not old.unwraps(key)
    with pytest.raises(MongoCryptError):
        old.decrypt({**key, "masterKey": {"provider": old.newest}}, block.sealed)
    assert rotated.destroyed == (old.newest,)
    assert len(files.path.read_bytes()) == MASTER_BYTES
    rows = {row["_id"]: row.keys() for row in await files.database["masters"].find().to_list()}
    of_all = {"_id", "compartment"}
    assert rows == {rotated.master: of_all | {"since"}, old.newest: of_all | {"destroyed_at"}}


async def test_keys_of_a_time_before_masters_had_names_are_named_by_the_first_rotation(files: Files) -> None:
    service = files.service()
    block = await a_sealed_block(service, a_case(), b"content")
    await files.database["file"].update_many({}, {"$set": {"masterKey.provider": "local:file"}})
    assert await service.open(block) == b"content"
    rotated = await files.rotate()
    assert await files.wrapped_by() == {rotated.master}
    assert await service.open(block) == b"content"


async def test_a_writer_that_still_has_the_old_master_takes_up_the_new_one(files: Files) -> None:
    late = files.service()
    rotated = await files.rotate()
    block = await a_sealed_block(late, a_case(), b"content")
    assert await files.wrapped_by() == {rotated.master}
    assert await late.open(block) == b"content"


async def test_a_service_without_the_new_file_waits_and_makes_no_key_that_is_lost(files: Files) -> None:
    elsewhere = Vault(files.database, files.files.read(["file"]))
    await files.rotate()
    with pytest.raises(VaultUnavailable):
        await elsewhere.seal_many([Plain("file", a_case(), b"{}")])
    assert await files.wrapped_by() == set()


async def test_keys_that_are_made_while_it_goes_on_are_wrapped_by_the_new_master(files: Files) -> None:
    services = [files.service() for _ in range(3)]
    made = [a_sealed_block(services[n % 3], a_case(), b"content") for n in range(60)]
    rotated, blocks = await gather(files.rotate(), gather(*made))
    assert await files.wrapped_by() == {rotated.master}
    assert [await files.service().open(block) for block in blocks] == [b"content"] * 60


async def test_a_rotation_that_was_interrupted_goes_on(files: Files) -> None:
    service = files.service()
    block = await a_sealed_block(service, a_case(), b"content")
    rotating._write(files.path, new_master() + files.path.read_bytes())
    assert await rotating.is_due(files.database, files.files, "file", timedelta(days=1))
    assert (await files.rotate()).rewrapped == 1
    assert await service.open(block) == b"content"
    assert not await rotating.is_due(files.database, files.files, "file", timedelta(days=1))


async def test_two_rotations_at_once_are_refused(files: Files) -> None:
    with rotating._alone(files.path), pytest.raises(UnusableMaster, match="another process"):
        await files.rotate()


async def test_an_erasure_between_a_rewraps_look_and_its_write_stays(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, case = files.service(), a_case()
    block = await a_sealed_block(service, case)
    write = rotating._rewrap_some

    async def erased_meanwhile(keys: object, crypt: Crypt, some: list[KeyDocument]) -> int:
        await service.forget("file", case)
        return await write(keys, crypt, some)  # type: ignore[arg-type] # only handed on

    monkeypatch.setattr(rotating, "_rewrap_some", erased_meanwhile)
    assert (await files.rotate()).rewrapped == 0
    await check_erased(files, service, block.owner)
    with pytest.raises(Erased):
        await service.open(block)


@pytest.mark.parametrize("rotated", [False, True])
async def test_the_database_refuses_a_key_beside_the_date_of_its_erasure_whoever_writes_it(
    files: Files, rotated: bool
) -> None:
    """PyMongo's own re-wrap writes by `_id`, whatever stands there by then: it put the key back, and it opened."""
    service, case = files.service(), a_case()
    await a_sealed_block(service, case)
    if rotated:
        await files.rotate()
    [key] = await files.database["file"].find().to_list()
    await service.forget("file", case)
    for member in ("keyMaterial", "masterKey"):
        with pytest.raises(WriteError) as refused:
            await files.database["file"].update_one({"_id": key["_id"]}, {"$set": {member: key[member]}})
        assert refused.value.code == 121
    await check_erased(files, service, case)


async def test_migrating_again_keeps_what_a_rotation_has_set_and_mends_a_vault_of_before(files: Files) -> None:
    await files.rotate()
    options = await files.database["file"].options()
    await files.database.command("collMod", "contact", validator={})
    await migrate(files.database)
    assert await files.database["file"].options() == options
    assert (await files.database["contact"].options())["validator"]


async def test_of_an_erased_case_no_copy_of_its_key_opens_once_the_masters_have_rotated(
    files: Files, mongo: AsyncMongoClient[Document]
) -> None:
    """The oplog keeps the wrapped key, and every re-wrap of it: each is tried with each master in each state."""
    service, case = files.service(), a_case()
    block = await a_sealed_block(service, case, b"content")
    await files.rotate()
    [key] = await files.database["file"].with_options(OPAQUE).find({"keyAltNames": case}).to_list()
    await service.forget("file", case)
    copies = await wrapped_copies(mongo, files.database, key)
    assert len(copies) >= 2
    assert opening(files, copies, block) == 1, "before the next rotation the oplog opens it: else this proves nothing"
    await files.rotate()
    again = await wrapped_copies(mongo, files.database, key)
    assert len(again) >= len(copies)
    assert opening(files, [*copies, *again], block) == 0


async def wrapped_copies(mongo: AsyncMongoClient[Document], database: Database, key: KeyDocument) -> list[KeyDocument]:
    """Every copy of a data key that the oplog has: as it was made, and as it was wrapped anew."""
    found = []
    oplog = mongo["local"].get_collection("oplog.rs", OPAQUE)
    for at, ns in (("o", "ns"), ("o.applyOps.o", "o.applyOps.ns")):
        about = [{f"{each}._id": key["_id"]} for each in (at, f"{at}2")]
        async for entry in oplog.find({ns: f"{database.name}.file", "$or": about}):
            found += list(_key_material(entry))
    return [key | {"keyMaterial": each} for each in found]


def _key_material(member: object) -> Iterator[bytes]:
    if isinstance(member, dict):
        for name, value in member.items():
            if name == "keyMaterial" and isinstance(value, bytes):
                yield value
            yield from _key_material(value)
    elif isinstance(member, list):
        for each in member:
            yield from _key_material(each)


def opening(files: Files, copies: list[KeyDocument], block: Sealed) -> int:
    """How many of these copies open a block, by any master that the house holds now, under any name of one."""
    crypt, opened = Crypt("file", files.files.read(["file"])["file"]), 0
    for copy in copies:
        try:
            opened += crypt.decrypt({**copy, "masterKey": {"provider": crypt.newest}}, block.sealed) == b"content"
        except MongoCryptError:
            continue
    crypt.close()
    return opened


async def test_an_operator_rotates_what_is_due_and_sees_it(
    files: Files, kafka: str, mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAIS_KAFKA", kafka)
    monkeypatch.setenv("RELAIS_MONGO", mongo_url)
    monkeypatch.setenv("RELAIS_NAMESPACE", files.database.name.removesuffix("_vault"))
    for name in COMPARTMENTS:
        path = tmp_path / name
        path.write_bytes(new_master())
        monkeypatch.setenv(f"RELAIS_MASTER_{name.upper().replace('-', '_')}_FILE", str(path))
    before = {name: (tmp_path / name).read_bytes() for name in COMPARTMENTS}

    async def relais(*words: str) -> str:
        result = await to_thread(CliRunner().invoke, app, words)
        assert result.exit_code == 0, result.output
        return str(result.output)

    rotated = json.loads(await relais("masters", "rotate", "--due", "--json"))
    assert [each["compartment"] for each in rotated] == list(COMPARTMENTS)
    assert all((tmp_path / name).read_bytes() != before[name] for name in COMPARTMENTS)
    listed = json.loads(await relais("masters", "list", "--json"))
    assert [each["master"] for each in listed] == [each["master"] for each in rotated]
    assert "No master is due" in await relais("masters", "rotate", "--due")
    assert "Example: relais masters rotate" in await relais("masters", "rotate", "--help")


async def check_erased(files: Files, service: Vault, case: str) -> None:
    [tombstone] = await files.database["file"].find({"keyAltNames": case}).to_list()
    assert tombstone.keys() == {"_id", "keyAltNames", "erased_at"}
    with pytest.raises(Erased):
        await service.seal_many([Plain("file", case, b"{}")])
