"""Auditors take lines along: collected part by part behind the door, so that a restart loses at most one part."""

import asyncio
from array import array
from collections.abc import AsyncIterator
from functools import partial
from itertools import islice
from uuid import UUID

from uuid6 import uuid7

from services.audit.bundle import (
    Pieces,
    as_csv,
    as_events,
    digest,
    entry_lines,
    indexes_of,
    node_lines,
    signed_manifest,
    zipped,
)
from services.audit.consulting import Consulting, Look
from services.audit.domain.leaf import instant
from services.audit.domain.note import Signer
from services.audit.domain.searching import Filter
from services.audit.domain.subtrees import subtrees_between
from services.audit.store.consultations import Consultation
from services.audit.store.entries import Entries
from services.audit.store.exports import EXPORTS, Export, NoSuchExport, NotReady, Parts
from services.audit.store.proofs import Proofs
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows, Row
from shared.delivery.unit import Work

LINES_OF_A_PART, NODES_OF_A_PART = 5_000, 5_000


class Exporting:
    """Takes down what somebody wants to take along, collects it, and hands it out to her alone."""

    def __init__(
        self, delivery: Delivery, consulting: Consulting, entries: Entries, proofs: Proofs, *, signer: Signer
    ) -> None:
        self._delivery = delivery
        self._consulting = consulting
        self._entries = entries
        self._proofs = proofs
        self._signer = signer
        self._parts = Parts(delivery.database)

    def collecting(self) -> DueRows:
        """What collects lines for as long as the process lives."""
        return DueRows(self._delivery, EXPORTS, self._go_on)

    async def begin(self, look: Look, filter_: Filter, *, balp: bool = False) -> Export:
        """Begin an export; the log has its line before anything is collected. `balp`: also as FHIR resources.

        Raises `NoConsultation`, and `OutsideTree` for a log that has no line yet.
        """
        id_, (_, size) = uuid7(), await self._proofs.log.signed()
        total = await self._entries.count(filter_, size)

        def take_down(work: Work, consultation: Consultation) -> Export:
            export = Export(
                id=id_,
                by=look.by,
                consultation_id=consultation.id,
                purpose=consultation.purpose,
                asked_at=work.cause.at,
                filter=filter_,
                size=size,
                total=total,
                balp=balp,
                due_at=work.cause.at,
                trace=work.cause.trace,
            )
            work.put(EXPORTS, id_, export)
            return export

        return await self._consulting.record(look, filter_, total, take_down)

    async def export(self, export_id: UUID, by: UUID) -> Export:
        """How far it is. Raises `NoSuchExport` for anybody but who asked for it, and when it is not kept any more."""
        row = await self._delivery.database[EXPORTS.name].find_one({"_id": str(export_id), "by": str(by)})
        export = EXPORTS.state(row) if row else None
        if export is None or await self._parts.count(export_id, "entries") < export.parts:
            raise NoSuchExport
        return export

    async def bundle(self, export_id: UUID, by: UUID) -> Pieces:
        """The zip, piece by piece. Raises `NoSuchExport`, `NotReady`."""
        export = await self.export(export_id, by)
        if export.manifest is None:
            raise NotReady
        text = export.manifest.rpartition("\n\n")[0] + "\n"
        signed = {"manifest.json": _whole(text), "manifest.note": _whole(export.manifest)}
        return zipped(signed | self._files(export))

    def _files(self, export: Export) -> dict[str, Pieces]:
        entries = partial(self._parts.pieces, export.id, "entries")
        events = {"audit-events.ndjson": as_events(self._signer.name, entries())} if export.balp else {}
        return {
            "key": _whole(f"{self._signer.verifier.vkey}\n"),
            "checkpoint": _whole(export.checkpoint),
            "nodes.jsonl": self._parts.pieces(export.id, "nodes"),
            "entries.jsonl": entries(),
            "entries.csv": as_csv(entries()),
            **events,
        }

    async def _go_on(self, row: Row) -> None:
        """One part more, or the end. Doing it twice writes the same."""
        with self._delivery.tracing.hop("tick", EXPORTS.name, parent=row.get("trace")):
            export = EXPORTS.state(row)
            changed = await self._with_more(export)
            cause = new_cause(self._delivery)
            await self._delivery.perform_due(cause, lambda work: work.put(EXPORTS, export.id, changed))

    async def _with_more(self, export: Export) -> Export:
        if export.done < export.total:
            page = await self._entries.page(export.filter, "asc", export.turn, LINES_OF_A_PART)
            await self._parts.keep(export.id, "entries", export.parts, entry_lines(page.lines), export.asked_at)
            return export.collected([index for index, _ in page.lines])
        await self._keep_nodes(export)
        export = export.under((await self._proofs.log.signed(export.size))[0])
        files = {name: await digest(pieces) for name, pieces in self._files(export).items()}
        return export.ready(signed_manifest(export, files, instant(self._delivery.clock.now()), self._signer))

    async def _keep_nodes(self, export: Export) -> None:
        """What leads the lines up to the root, in parts, so that few tiles are held at once."""
        indexes = array("Q")
        async for piece in self._parts.pieces(export.id, "entries"):
            indexes += await asyncio.to_thread(indexes_of, piece)
        places, number = subtrees_between(indexes, export.size), 0
        while some := list(islice(places, NODES_OF_A_PART)):
            text = node_lines(some, await self._proofs.nodes(some, export.size))
            await self._parts.keep(export.id, "nodes", number, text, export.asked_at)
            number += 1


async def _whole(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
