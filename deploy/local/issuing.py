"""The local issuer as one more server of a stack."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import ROOT
from deploy.local.issuer.config import IssuerConfig, new_config, read_config, write_config
from deploy.local.ports import Ports
from deploy.local.server import Server
from deploy.local.software import Say
from deploy.local.waiting import wait_for

PORT = 8090


class LocalIssuer(Server):
    """Signs tokens for sample clients, each with its roles; their secrets are made once."""

    def __init__(self, folder: Path, ports: Ports, say: Say, roles: Mapping[str, Sequence[str]]) -> None:
        super().__init__("issuer", folder, ports, say)
        self._roles = roles

    @property
    def address(self) -> str:
        """The issuer that its tokens name."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> IssuerConfig:
        """Its clients and their secrets."""
        return read_config(self._file)

    def start_anew(self) -> None:
        """Start it, and return when it listens."""
        port = self.ports.choose(self.name, PORT)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_config(self._configure(), self._file)
        self.say("Starting the issuer")
        self.process.start([sys.executable, "-m", "deploy.local.issuer", self._file], cwd=ROOT)
        wait_for(self.process, lambda: self.process.listens_on(port))

    @property
    def _file(self) -> Path:
        return self.folder / "issuer.json"

    def _configure(self) -> IssuerConfig:
        wished = new_config(self.address, self._roles)
        if not self._file.exists():
            return wished
        kept = {client.client_id: client.secret for client in self.config.clients}
        clients = (
            client.model_copy(update={"secret": kept.get(client.client_id, client.secret)}) for client in wished.clients
        )
        return wished.model_copy(update={"key": self.config.key, "clients": tuple(clients)})
