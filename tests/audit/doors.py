"""The doors of a log, as a verifier and an auditor come to them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from services.audit.consulting import Consulting
from services.audit.exporting import Exporting
from services.audit.http import export_router, log_router, proof_router, search_router
from services.audit.store.entries import Entries
from services.audit.store.proofs import Proofs
from services.audit.store.public import PublicLog
from shared.delivery.crash import CrashPoints
from shared.delivery.process import beside
from shared.web.front import serve
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, a_signer
from tests.web.builders import FakeIssuer, a_front, a_token

VERIFIER = Path(__file__).parents[1] / "system" / "verify_log.py"
KEY = a_signer().verifier.vkey


@asynccontextmanager
async def open_doors(bench: Bench, issuer: FakeIssuer) -> AsyncIterator[str]:
    """Returns the address at which they open."""
    delivery = bench.delivery(CrashPoints())
    entries, log = Entries(bench.database), PublicLog(bench.database)
    consulting, proofs = Consulting(delivery, entries, ORIGIN), Proofs(log)
    exporting = Exporting(delivery, consulting, entries, proofs, signer=a_signer())
    routers = (
        log_router(log, consulting),
        proof_router(proofs, consulting),
        search_router(consulting, proofs),
        export_router(exporting),
    )
    front = a_front(issuer, *routers, service="audit")
    async with beside(exporting.collecting().run()), serve(front, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"
    await delivery.vault.close()


@asynccontextmanager
async def a_visitor(bench: Bench, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the doors, signed in under these roles or, without any, not at all."""
    issuer = FakeIssuer()
    headers = {"authorization": f"Bearer {a_token(issuer, roles=list(roles))}"} if roles else {}
    async with open_doors(bench, issuer) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client


async def consultation(auditor: httpx.AsyncClient) -> dict[str, str]:
    """Under what an auditor reads lines, as parameters of a request."""
    why = {"purpose": "audit", "justification": "The log is verified"}
    answer = await auditor.post("/v1/consultations", json=why)
    assert answer.status_code == 201, answer.text
    return {"consultation": answer.json()["consultation_id"]}


async def verify(bench: Bench, *arguments: str) -> tuple[int, str]:
    """What the independent verifier says."""
    return await ask(bench, lambda url, token: (sys.executable, VERIFIER, url, KEY, "--token", token, *arguments))


async def ask(bench: Bench, program: Callable[[str, str], Sequence[str | Path]]) -> tuple[int, str]:
    """Runs a program of somebody who is told address and token. Returns its exit status and what it said."""
    issuer = FakeIssuer()
    token = a_token(issuer, roles=["log-auditor"])
    async with open_doors(bench, issuer) as url:
        process = await asyncio.create_subprocess_exec(
            *program(url, token),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
