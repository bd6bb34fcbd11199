"""A service with its sealing switched off, for the canary to notice: `python -m tests.flow.unsealed <service>`."""

import runpy
import sys
from collections.abc import Sequence

from deploy.local.services import Service
from shared.vault import Keys, Opened, Plain, Sealed, Vault


class UnsealedService(Service):
    """One of the four services, as it would be if nobody had built the vault."""

    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", "tests.flow.unsealed", self.service]


async def _leave_open(_vault: Vault, blocks: Sequence[Plain], _known: Keys | None = None) -> list[bytes]:
    return [block.content for block in blocks]


async def _read(_vault: Vault, blocks: Sequence[Sealed]) -> list[Opened]:
    return [block.sealed for block in blocks]


async def _read_one(_vault: Vault, block: Sealed) -> bytes:
    return block.sealed


if __name__ == "__main__":
    for name, broken in {"seal_many": _leave_open, "open_many": _read, "open": _read_one}.items():
        setattr(Vault, name, broken)
    runpy.run_module(f"services.{sys.argv.pop()}", run_name="__main__", alter_sys=True)
