"""A real Kafka on loopback: one node that is broker and controller at once (KRaft)."""

import asyncio
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_urlsafe

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local import RECIPES
from deploy.local.prerequisites import check_java
from deploy.local.process import Command
from deploy.local.server import Member
from deploy.local.software import kafka_jars
from deploy.local.trouble import StackTrouble
from deploy.local.waiting import wait_for

PORT = 9092
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
        return properties_of(1, broker, [controller], self.folder)

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


def new_id() -> str:
    """16 bytes in URL-safe Base64. A hyphen at the front would be taken for an option; ids of almost 0 are Kafka's."""
    return "r" + token_urlsafe(16)[1:]


def properties_of(node: int, broker: int, controllers: Sequence[int], folder: Path) -> str:
    """What a node is told: its ports, and those of all controllers."""
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
