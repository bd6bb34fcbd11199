"""Has witnesses sign what was signed here: who has the key and the database still can't change what they have seen."""

import asyncio
from collections.abc import Callable, Sequence

import httpx
import structlog

from services.audit.domain.merkle import OutsideTree
from services.audit.domain.note import NoteRefused
from services.audit.domain.standing import NotToBeSigned, WitnessedLonger, WitnessedOtherwise
from services.audit.domain.witness import Witness, cosignature, submission
from services.audit.store.cosignatures import Cosignatures
from services.audit.store.proofs import Proofs
from shared.delivery.periodic import ItemsFailed

EVERY_SECONDS, PATIENCE_SECONDS = 2.0, 5.0
MOST_OF_AN_ANSWER = 16_384

log = structlog.get_logger()


class Astray(Exception):
    """A witness did not answer as its protocol says: it is asked again."""


class Witnesses:
    """Submits each new checkpoint to every witness, and tells the writer when one of them has seen another past."""

    def __init__(
        self,
        witnesses: Sequence[Witness],
        proofs: Proofs,
        cosignatures: Cosignatures,
        told: Callable[[int], None] = lambda _size: None,
    ) -> None:
        self._witnesses = witnesses
        self._proofs = proofs
        self._cosignatures = cosignatures
        self._told = told
        self._seen: dict[str, int] = {}
        self._refusal: NotToBeSigned | None = None
        self._client = httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Leave them."""
        await self._client.aclose()

    async def agree(self) -> None:
        """Whether every witness that answers has seen what stands here. Raises `NotToBeSigned`.

        One that does not answer hinders nobody: else whoever cuts the line to it could stop the log.
        """
        await self._submit()
        self.check()

    def check(self) -> None:
        """Raises `NotToBeSigned` as soon as a witness has contradicted us."""
        if self._refusal:
            raise self._refusal

    async def submit(self) -> None:
        """Show each witness what it has not signed yet. Raises `ItemsFailed` where one does not answer."""
        if not await self._submit():
            raise ItemsFailed

    async def _submit(self) -> bool:
        """Whether every witness has answered."""
        if not self._witnesses:
            return True
        try:
            note, size = await self._proofs.log.signed_alone()
        except OutsideTree:
            return True  # nothing is signed yet
        have_answered = await asyncio.gather(*(self._submit_to(each, note, size) for each in self._witnesses))
        self._told(min(self._seen.get(each.name, 0) for each in self._witnesses))
        return all(have_answered)

    async def _submit_to(self, witness: Witness, note: str, size: int) -> bool:
        """Whether it has answered."""
        if self._seen.get(witness.name) == size:
            return True
        try:
            await self._ask(witness, note, size)
        except NotToBeSigned as refusal:
            self._refusal = refusal
            log.error("witness-contradicts", server=witness.name, size=size)
        except OutsideTree:
            self._refusal = WitnessedOtherwise(witness=witness.name, held=size)
        except (httpx.HTTPError, NoteRefused, Astray) as error:
            log.warning("witness-away", server=witness.name, error=type(error).__name__)
            return False
        return True

    async def _ask(self, witness: Witness, note: str, size: int) -> None:
        old = min(self._seen.get(witness.name) or await self._cosignatures.newest(witness), size)
        answer = await self._post(witness, old, note, size)
        if answer.status_code == httpx.codes.CONFLICT:
            old = _size_in(answer)
            if old > size:
                await self._check_ahead(witness, old)
            answer = await self._post(witness, old, note, size)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise WitnessedOtherwise(witness=witness.name, held=size)
        if answer.status_code != httpx.codes.OK:
            raise Astray
        line = cosignature(answer.text[:MOST_OF_AN_ANSWER], witness, note)
        await self._cosignatures.keep(size, witness, line)
        self._seen[witness.name] = size

    async def _check_ahead(self, witness: Witness, seen: int) -> None:
        """Another instance may have shown the witness more since we have looked: only what stands here now counts."""
        _, newest = await self._proofs.log.signed_alone()
        if newest < seen:
            raise WitnessedLonger(witness=witness.name, signed=seen, held=newest)
        raise Astray

    async def _post(self, witness: Witness, old: int, note: str, size: int) -> httpx.Response:
        proof = await self._proofs.consistency(old, size) if 0 < old < size else []
        return await self._client.post(f"{witness.url}/add-checkpoint", content=submission(old, proof, note).encode())


def _size_in(answer: httpx.Response) -> int:
    text = answer.text[:MOST_OF_AN_ANSWER].strip()
    if not text.isascii() or not text.isdigit():
        raise Astray
    return int(text)
