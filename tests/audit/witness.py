"""A witness as C2SP tlog-witness describes it, on loopback, made of nothing of the service's."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from relais_verify.notes import Key, decoded, open_checkpoint
from relais_verify.tree import check_consistency
from relais_verify.verdicts import NOT_SIGNED, Refused

from services.audit.domain.exact64 import encoded
from services.audit.domain.note import COSIGNATURE, Verifier
from services.audit.domain.witness import Witness
from tests.audit.builders import a_signer

NAME = "witness.example/one"


@dataclass
class Elsewhere:
    """What it has seen of the log, and what it answers instead when a test says so."""

    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
    size: int = 0
    root: bytes = b""
    asked: int = 0
    instead: web.Response | None = None

    @property
    def verifier(self) -> Verifier:
        return Verifier(NAME, self.key.public_key().public_bytes_raw(), COSIGNATURE)

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.instead:
            return self.instead
        head, _, note = (await request.text()).partition("\n\n")
        old, *proof = head.split("\n")
        log = a_signer().verifier
        try:
            seen = open_checkpoint(note, Key(log.name, log.key_id, log.public))
        except Refused as refused:
            return web.Response(status=403 if refused.verdict is NOT_SIGNED else 400)
        if int(old.removeprefix("old ")) != self.size:
            return web.Response(status=409, text=f"{self.size}\n", content_type="text/x.tlog.size")
        if not self._continues(seen.size, seen.root, [decoded(line) for line in proof]):
            return web.Response(status=422)
        self.size, self.root = seen.size, seen.root
        return web.Response(text=self.signed(note))

    def _continues(self, size: int, root: bytes, proof: list[bytes]) -> bool:
        if self.size in (0, size):
            return not proof and self.root in (b"", root)
        try:
            check_consistency((self.size, self.root), (size, root), proof)
        except Refused:
            return False
        return True

    def signed(self, note: str) -> str:
        """Its line under a note."""
        at, text = int(time.time()), note.rpartition("\n\n")[0] + "\n"
        made = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {NAME} {encoded(self.verifier.key_id + at.to_bytes(8) + made)}\n"


@asynccontextmanager
async def a_witness(elsewhere: Elsewhere) -> AsyncIterator[Witness]:
    """Lets it answer, at a free port."""
    app = web.Application()
    app.add_routes([web.post("/add-checkpoint", elsewhere.add_checkpoint)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield Witness(f"http://127.0.0.1:{port}", elsewhere.verifier)
    finally:
        await runner.cleanup()
