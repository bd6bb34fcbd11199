"""A real Kafka on loopback: one node that is broker and controller at once (KRaft)."""

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_urlsafe

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local import RECIPES
from deploy.local.ports import answers
from deploy.local.prerequisites import check_java
from deploy.local.process import Command
from deploy.local.server import Server
from deploy.local.software import kafka_jars
from deploy.local.trouble import StackTrouble
from deploy.local.waiting import wait_for

PORT = 9092
JAVA = ("java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=1
num.io.threads=2
background.threads=2
log.dirs={logs}
"""


class Kafka(Server):
    """The broker of a local stack."""

    @property
    def address(self) -> str:
        """Where it answers, host:port."""
        return f"127.0.0.1:{self.port}"

    def start_anew(self) -> None:
        """Format its storage if there is none, start it, and return when it serves clients."""
        check_java()
        jars = kafka_jars(self.say)
        properties = self._configure()
        if not (self.folder / "logs" / "meta.properties").exists():
            self._format(jars, properties)
        self.say("Starting Kafka")
        logging = f"-Dlog4j2.configurationFile={RECIPES / 'log4j2.yaml'}"
        self.process.start([*JAVA, logging, "-cp", f"{jars}/*", "kafka.Kafka", properties], cwd=self.folder)
        wait_for(self.process, lambda: answers(self.port) and is_serving(self.address))

    def _configure(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        broker, controller = self.ports.choose(self.name, PORT), self.ports.choose("kafka-controller")
        properties = self.folder / "server.properties"
        properties.write_text(PROPERTIES.format(broker=broker, controller=controller, logs=self.folder / "logs"))
        return properties

    def _format(self, jars: Path, properties: Path) -> None:
        self.say("Formatting Kafka's storage")
        # 16 bytes in URL-safe Base64; a hyphen at the front would be taken for an option.
        cluster = "r" + token_urlsafe(16)[1:]
        tool = [*JAVA, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "--standalone"]
        command: Command = [*tool, "-t", cluster, "-c", properties]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackTrouble(f"Kafka's storage could not be formatted:\n  {done.stdout}{done.stderr}")


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
