"""Three nodes of Kafka that hold the same, each broker and controller at once."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from deploy.local.kafka import Kafka, new_id, properties_of
from deploy.local.ports import Ports
from deploy.local.process import Process
from deploy.local.server import Cluster
from deploy.local.software import Say

NODES = 3
NO_QUORUM_PATIENCE = 4.0
"""A node that can't reach a majority of controllers any more would wait for them before it ends."""


class Quorum(BaseModel):
    """What the nodes of a cluster were formatted with: one that lost its disk is formatted with the same."""

    cluster: str
    directories: list[str]


class ClusterNode(Kafka):
    """One of the three nodes of a cluster, `kafka-1` to `kafka-3`."""

    def __init__(self, number: int, folder: Path, ports: Ports, say: Say) -> None:
        super().__init__(f"kafka-{number}", folder, ports, say)
        self.number, self._quorum = number, folder / "kafka-quorum.json"

    def choose_ports(self) -> None:
        """Choose its ports, or find that it can have those again which it had. Raises `StackTrouble`."""
        self.ports.keep(self.name)
        self.ports.keep(controller_of(self.number))

    def properties(self) -> str:
        """What it is told: all nodes have their ports already."""
        return properties_of(self.number, self.port, self._controllers(), self.folder)

    def format_options(self) -> Sequence[str]:
        """The id and the voters that all nodes are formatted with."""
        quorum = Quorum.model_validate_json(self._quorum.read_bytes())
        voters = zip(range(1, NODES + 1), self._controllers(), quorum.directories, strict=True)
        named = ",".join(f"{number}@127.0.0.1:{port}:{directory}" for number, port, directory in voters)
        return "-t", quorum.cluster, "--initial-controllers", named

    def _controllers(self) -> list[int]:
        known = self.ports.known()
        return [known[controller_of(number)] for number in range(1, NODES + 1)]


class KafkaCluster(Cluster[ClusterNode]):
    """Three brokers, three copies of each partition, of which two must be in step."""

    def __init__(self, folder: Path, ports: Ports, say: Say) -> None:
        super().__init__("kafka", [ClusterNode(number, folder, ports, say) for number in range(1, NODES + 1)])
        self._quorum = folder / "kafka-quorum.json"

    @property
    def address(self) -> str:
        """Where the brokers answer, host:port,host:port,host:port."""
        return ",".join(member.address for member in self.members)

    def prepare(self) -> None:
        """Choose ports and ids."""
        for member in self.members:
            if not member.process.is_running():
                member.choose_ports()
        if not self._quorum.exists():
            quorum = Quorum(cluster=new_id(), directories=[new_id() for _ in self.members])
            self._quorum.write_text(quorum.model_dump_json())

    def form(self) -> None:
        """Nothing is left to do: the nodes have found each other, or none would serve."""


def is_node(process: Process) -> bool:
    """Whether this is a node of a cluster."""
    return process.name.startswith("kafka-")


def controller_of(number: int) -> str:
    """By which name the port of a node's controller is kept."""
    return f"kafka-controller-{number}"
