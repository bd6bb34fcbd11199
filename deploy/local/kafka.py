"""A real Kafka on loopback (KRaft): one node, or three that hold the same; each is broker and controller at once."""

import asyncio
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_urlsafe

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from pydantic import BaseModel

from deploy.local import RECIPES
from deploy.local.ports import Ports
from deploy.local.prerequisites import check_java
from deploy.local.process import Command, Process
from deploy.local.server import Cluster, Member
from deploy.local.software import Say, kafka_jars
from deploy.local.trouble import StackTrouble
from deploy.local.waiting import wait_for

PORT, NODES = 9092, 3
JAVA = ("java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.bootstrap.servers={quorum}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms={session_ms}
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=1
num.io.threads=2
background.threads=2
log.dirs={logs}
"""


NO_QUORUM_PATIENCE = 4.0
"""A node that can't reach a majority of controllers any more would wait for them before it ends."""


class Kafka(Member):
    """A broker of a local stack: its only one, unless it is a `ClusterNode`."""

    @property
    def address(self) -> str:
        """Where it answers, host:port."""
        return f"127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Format its storage if there is none, and start it."""
        check_java()
        jars, properties = kafka_jars(self.say), self.folder / "server.properties"
        self.folder.mkdir(parents=True, exist_ok=True)
        properties.write_text(self.properties())
        if not (self.folder / "logs" / "meta.properties").exists():
            self._format(jars, properties)
        self.say(f"Starting Kafka ({self.name})")
        logging = f"-Dlog4j2.configurationFile={RECIPES / 'log4j2.yaml'}"
        self.process.start([*JAVA, logging, "-cp", f"{jars}/*", "kafka.Kafka", properties], cwd=self.folder)

    def wait(self) -> None:
        """Return when it serves clients."""
        wait_for(self.process, lambda: self.process.listens_on(self.port) and is_serving(self.address))

    def properties(self) -> str:
        """What it is told, at the ports that are free now."""
        broker, controller = self.ports.choose(self.name, PORT), self.ports.choose("kafka-controller")
        return _properties(1, broker, [controller], self.folder)

    def format_options(self) -> Sequence[str]:
        """With what its storage is formatted: the cluster's id, and who votes."""
        return "--standalone", "-t", new_id()

    def _format(self, jars: Path, properties: Path) -> None:
        self.say(f"Formatting Kafka's storage ({self.name})")
        tool = [*JAVA, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", *self.format_options()]
        command: Command = [*tool, "-c", properties]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackTrouble(f"Kafka's storage could not be formatted:\n  {done.stdout}{done.stderr}")


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
        return _properties(self.number, self.port, self._controllers(), self.folder)

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


def new_id() -> str:
    """16 bytes in URL-safe Base64. A hyphen at the front would be taken for an option; ids of almost 0 are Kafka's."""
    return "r" + token_urlsafe(16)[1:]


def is_node(process: Process) -> bool:
    """Whether this is a node of a cluster."""
    return process.name.startswith("kafka-")


def controller_of(number: int) -> str:
    """By which name the port of a node's controller is kept."""
    return f"kafka-controller-{number}"


def _properties(node: int, broker: int, controllers: Sequence[int], folder: Path) -> str:
    copies = len(controllers)
    return PROPERTIES.format(
        node=node,
        quorum=",".join(f"127.0.0.1:{port}" for port in controllers),
        broker=broker,
        controller=controllers[node - 1],
        copies=copies,
        in_sync=max(1, copies - 1),
        # Three on a busy machine must not take each other for dead.
        session_ms=4_000 if copies == 1 else 6_000,
        logs=folder / "logs",
    )


def is_serving(address: str) -> bool:
    """Whether a broker tells its clients about itself: earlier it listens, but leads nothing yet."""
    with ThreadPoolExecutor(1) as apart:  # the caller may run an event loop of its own
        return apart.submit(asyncio.run, _is_serving(address)).result()


async def _is_serving(address: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=5_000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()
