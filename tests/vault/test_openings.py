from uuid import UUID, uuid4

import pytest

from shared.contracts.vocabulary import Purpose
from shared.vault import Erased, Look, Openings, Vault
from tests.vault.builders import a_case, a_sealed_block

WORKER = uuid4()


class Register:
    """Keeps each look, as the unit of work of an HTTP door will."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    async def keep(self, look: Look) -> None:
        self.looks.append(look)


class CannotCommit(Exception):
    """The transaction failed."""


async def refuse(_look: Look) -> None:
    raise CannotCommit


async def test_a_persons_look_is_on_record_before_it_is_answered(vault: Vault) -> None:
    case, register = a_case(), Register()
    blocks = [await a_sealed_block(vault, case, b"who", "contact"), await a_sealed_block(vault, case, b"what", "file")]
    opened = await Openings(vault).open(blocks, by=WORKER, why=Purpose.FIRST_CONTACT, record=register.keep)
    assert opened == [b"who", b"what"]
    assert register.looks == [Look(WORKER, Purpose.FIRST_CONTACT, (("contact", case), ("file", case)))]


async def test_a_look_that_can_not_be_recorded_shows_nothing(vault: Vault) -> None:
    block = await a_sealed_block(vault, a_case(), b"who", "contact")
    with pytest.raises(CannotCommit):
        await Openings(vault).open([block], by=WORKER, why=Purpose.FOLLOW_UP, record=refuse)


async def test_nothing_is_recorded_where_nothing_could_be_seen(vault: Vault) -> None:
    block, register = await a_sealed_block(vault, a_case()), Register()
    await vault.forget("file", block.owner)
    [opened] = await Openings(vault).open([block], by=WORKER, why=Purpose.AUDIT, record=register.keep)
    assert isinstance(opened, Erased)
    assert register.looks == []


def test_a_look_holds_references_and_no_content() -> None:
    assert Look.__annotations__["by"] is UUID
    assert set(Look.__dataclass_fields__) == {"by", "why", "at"}
