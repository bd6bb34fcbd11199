"""Keys for which stations seal: a new one is published, an older one opens until it is destroyed, and then never."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import KeySetSerialization
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from shared.vault.jwe import JweUnknownKey, open_jwe, seal_for_intake
from shared.vault.ring import Ring, add_encryption_key, encryption_files, remove_key, write_new_keys
from tests.contracts.builders import a_clear_part, a_content
from tests.delivery.history import read_all
from tests.intake.builders import STATION
from tests.intake.conftest import World, an_intake, body
from tests.intake.counter import dumped

PATIENCE = 30.0
WORDS = ("--by", "operator-1")


@pytest.mark.parametrize("name", ["first", "20990101T000000Z"])
def test_a_key_that_is_added_is_the_newest_whatever_the_others_are_called(tmp_path: Path, name: str) -> None:
    write_new_keys(tmp_path, name)
    kids = [add_encryption_key(tmp_path) for _ in range(3)]
    assert [kid for kid, _ in encryption_files(tmp_path)][1:] == kids
    [published] = [key["kid"] for key in Ring.read(tmp_path).public()["keys"] if key["use"] == "enc"]
    assert published == kids[-1]


def test_what_was_sealed_opens_until_its_key_is_destroyed(tmp_path: Path) -> None:
    write_new_keys(tmp_path, "first")
    ring = Ring.read(tmp_path)
    sealed = seal_for_intake(ring.public(), b"content")
    [(_, file)] = encryption_files(tmp_path)
    add_encryption_key(tmp_path)
    ring.take(Ring.read(tmp_path))
    assert open_jwe(sealed, ring) == b"content"
    remove_key(file)
    ring.take(Ring.read(tmp_path))
    with pytest.raises(JweUnknownKey):
        open_jwe(sealed, ring)
    assert not file.exists()


@pytest.fixture
async def keyed(
    stack: Stack, mongo: AsyncMongoClient[Any], namespace: str, tmp_path: Path
) -> AsyncIterator[tuple[World, dict[str, str]]]:
    """An intake with a folder of keys of its own, and the settings with which an operator types."""
    write_new_keys(tmp_path, "first")
    own = {"RELAIS_KEYS": str(tmp_path)}
    async with an_intake(stack, mongo, f"{namespace}keys", **own) as running:
        typed = {"RELAIS_NAMESPACE": running.namespace, "RELAIS_ISSUER": "http://127.0.0.1:1"}
        yield running, {**stack.settings(), **own, **typed}


async def type_(environment: dict[str, str], *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "keys", *words),
        env={**os.environ, **environment, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def published(world: World) -> KeySetSerialization:
    async with httpx.AsyncClient() as client:
        keys: KeySetSerialization = (await client.get(f"{world.service.address}/.well-known/jwks.json")).json()
        return keys


def kid_of(keys: KeySetSerialization) -> str:
    return next(str(key["kid"]) for key in keys["keys"] if key["use"] == "enc")


async def said(world: World, type_: str) -> list[dict[str, Any]]:
    every = await read_all(world.kafka, [f"{world.namespace}.relais.intake"])
    return [body(each) for each in every if each.headers["ce_type"] == type_]


async def hand_in(world: World, keys: KeySetSerialization) -> str:
    report_id = uuid4()
    sealed = seal_for_intake(keys, dumped(a_content()))
    await world.send(
        dumped(a_clear_part(report_id=str(report_id), station=STATION, sealed=sealed)), report_id=report_id
    )
    return str(report_id)


async def until(look: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await look():  # noqa: ASYNC110
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("kid", ["-xI7Kq", "--xI7Kq", "-y"])
async def test_a_kid_that_begins_with_a_dash_is_a_kid(keyed: tuple[World, dict[str, str]], kid: str) -> None:
    status, told = await type_(keyed[1], "destroy", kid, *WORDS, "--yes")
    assert (status, "Traceback" in told) == (1, False)
    assert kid in told


async def test_an_operator_rotates_and_destroys_while_reports_come(keyed: tuple[World, dict[str, str]]) -> None:
    world, environment = keyed
    old = await published(world)
    status, told = await type_(environment, "rotate", *WORDS)
    assert status == 0 and "is published within" in told

    async def is_new() -> bool:
        return kid_of(await published(world)) != kid_of(old)

    await until(is_new)
    await world.heard("station.receipts.gendarmerie", await hand_in(world, old))
    await world.heard("station.receipts.gendarmerie", await hand_in(world, await published(world)))
    status, told = await type_(environment, "destroy", kid_of(await published(world)), *WORDS, "--yes")
    assert status == 1 and "rotate first" in told
    status, told = await type_(environment, "destroy", kid_of(old), *WORDS, "--yes")
    assert status == 0

    async def is_unreadable() -> bool:
        await hand_in(world, old)
        aside = await said(world, "delivery.record-set-aside.v1")
        return any(each["reason"] == "sealed-unreadable" for each in aside)

    await until(is_unreadable)
    assert [each["kid"] for each in await said(world, "key.rotated.v1")] == [kid_of(await published(world))]
    assert [each["kid"] for each in await said(world, "key.destroyed.v1")] == [kid_of(old)]
    _, listed = await type_(environment, "list")
    assert kid_of(old) not in listed and "published" in listed


async def test_keys_rotate_by_age_and_go_once_nothing_is_left_that_they_open(
    keyed: tuple[World, dict[str, str]], tmp_path: Path, mongo: AsyncMongoClient[Any]
) -> None:
    world, environment = keyed
    old = kid_of(await published(world))

    async def due() -> tuple[bool, bool]:
        """Whether another key was made, and whether the old one is gone."""
        before = len(encryption_files(tmp_path))
        status, told = await type_(environment, "rotate", "--due", *WORDS)
        assert status == 0, told
        files = dict(encryption_files(tmp_path))
        return len(files) + (old in told) > before, old not in files

    def aged(days: int) -> None:
        for _, path in encryption_files(tmp_path):
            os.utime(path, (time.time() - days * 86400,) * 2)

    assert await due() == (False, False)
    aged(31)
    assert await due() == (True, False)
    aged(37)
    assert await due() == (True, False)
    aged(39)
    aside = mongo[f"{world.namespace}_intake"]["set_aside"]
    undecided = {"_id": "a", "state": "set-aside", "since": datetime.now(UTC) - timedelta(days=2)}
    await aside.insert_one(undecided, bypass_document_validation=True)
    assert await due() == (True, False)
    await aside.delete_one({"_id": "a"})
    assert await due() == (False, True)
    assert old in [each["kid"] for each in await said(world, "key.destroyed.v1")]
