"""The operator's doors to what was set aside: by id and place; its content only with a reason, which is logged."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator

from shared.contracts.fields import Block
from shared.contracts.rights import Right, allows
from shared.contracts.vocabulary import Purpose
from shared.delivery.record import Record
from shared.delivery.set_aside import NoSuchRow, SetAside
from shared.web.away import refusals
from shared.web.doors import Who
from shared.web.justification import Justification
from shared.web.problems import NOT_FOUND, Problem


class Reason(Block):
    """Motif de consultation of a record that was set aside."""

    purpose: Annotated[Purpose, AfterValidator(allows(Right.REPAIRS))] = Purpose.SET_ASIDE_REPAIR
    justification: Justification


class Giving(Block):
    """Why a record is given up."""

    because: Justification


class Shown(Block):
    """A record as it was read, and the line of the log that says who looked. Texts are UTF-8, or else base64.

    Of a record that could not be read, `unread` says why, with hash and size of its batch; `value` is that batch.
    """

    opening_id: UUID
    place: dict[str, str | int]
    at: str
    key: str | None
    headers: list[tuple[str, str | None]]
    value: str | None
    encoding: Literal["utf-8", "base64"]
    unread: dict[str, str | int] | None = None


def set_aside_doors(set_aside: SetAside) -> APIRouter:
    """List, show, replay, discard. All of it runs in the service itself, so that order and inbox hold."""
    router = APIRouter(prefix="/v1/set-aside", tags=["set-aside"])

    @router.get("")
    async def list_undecided() -> list[dict[str, Any]]:
        return await set_aside.undecided()

    @router.post("/{set_aside_id}/openings", status_code=201)
    async def show(set_aside_id: UUID, who: Who, reason: Reason) -> Shown:
        """Look at a record. The log holds it before the answer is sent."""
        with _refusals():
            opening_id, record = await set_aside.show(
                str(set_aside_id), who.authid, reason.purpose, reason.justification
            )
        return _shown(opening_id, record)

    @router.post("/{set_aside_id}/replay")
    async def replay(set_aside_id: UUID) -> dict[str, str]:
        with _refusals():
            return {"outcome": await set_aside.replay(str(set_aside_id))}

    @router.post("/{set_aside_id}/discard")
    async def give_up(set_aside_id: UUID, who: Who, giving: Giving) -> dict[str, str]:
        with _refusals():
            await set_aside.discard(str(set_aside_id), who.authid, giving.because)
        return {"outcome": "discarded"}

    return router


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with refusals():
            yield
    except NoSuchRow:
        raise Problem(NOT_FOUND) from None


def _shown(opening_id: UUID, record: Record) -> Shown:
    texts = (record.key, record.value, *(value for _, value in record.headers))
    encoding: Literal["utf-8", "base64"] = "utf-8" if all(map(_is_text, texts)) else "base64"
    said = {text: _said(text, encoding) for text in texts}
    return Shown(
        opening_id=opening_id,
        place=record.place.named(),
        at=record.at.isoformat(),
        key=said[record.key],
        headers=[(_name(name), said[value]) for name, value in record.headers],
        value=said[record.value],
        encoding=encoding,
        unread=asdict(record.unread) if record.unread else None,
    )


def _name(name: str) -> str:
    """A header's name, with what in it is no text written as `\\xff`."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _is_text(text: bytes | None) -> bool:
    try:
        (text or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _said(text: bytes | None, encoding: str) -> str | None:
    if text is None:
        return None
    return text.decode() if encoding == "utf-8" else b64encode(text).decode()
