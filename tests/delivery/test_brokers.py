"""Every client of Kafka is given a list of brokers, of which the first ones may be away."""

import ast
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from cli.topics import administering
from deploy.local.ports import free_port
from services.audit.handlers.source import Source
from shared.addresses import Brokers, parse_brokers
from shared.delivery.backlog import Backlog
from shared.delivery.broker import Subscription, build_broker, build_producer
from shared.settings import ServerSettings

ROOT = Path(__file__).parents[2]
PRODUCT = ("shared", "services", "cli")
CLIENTS = ("KafkaBroker", "AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient", "AIOKafkaClient")


@asynccontextmanager
async def a_subscriber(servers: Brokers) -> AsyncIterator[None]:
    broker = build_broker(servers)

    @broker.subscriber(pattern="^of-nobody$", group_id="test-brokers")
    async def hear(_body: object) -> None:
        raise AssertionError

    async with broker:
        await broker.start()
        yield


@asynccontextmanager
async def a_producer(servers: Brokers) -> AsyncIterator[None]:
    async with build_producer(servers):
        yield


@asynccontextmanager
async def a_backlog(servers: Brokers) -> AsyncIterator[None]:
    backlog = Backlog(servers, Subscription("test-brokers", "one", ("relais.cases",)))
    await backlog.start()
    assert await backlog.is_gone(within=10)
    yield
    await backlog.close()


@asynccontextmanager
async def a_source(servers: Brokers) -> AsyncIterator[None]:
    source = Source(servers, "")
    await source.start()
    assert isinstance(await source.partitions(), list)
    yield
    await source.close()


@asynccontextmanager
async def an_admin(servers: Brokers) -> AsyncIterator[None]:
    async with administering(ServerSettings.model_construct(kafka=servers)):
        yield


Client = Callable[[Brokers], AbstractAsyncContextManager[None]]


@pytest.mark.parametrize("client", [a_subscriber, a_producer, a_backlog, a_source, an_admin])
async def test_a_client_finds_the_broker_that_lives_behind_two_that_are_away(kafka: str, client: Client) -> None:
    away = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    async with client(parse_brokers(",".join([*away, kafka]))):
        pass


def test_no_client_is_given_anything_but_the_parsed_setting() -> None:
    """FastStream takes a text with commas for one host; mypy sees to it that `build_broker` is given a list."""
    given = {
        (path.relative_to(ROOT).as_posix(), ast.unparse(server))
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in CLIENTS
        for server in [*call.args[:1], *(each.value for each in call.keywords if each.arg == "bootstrap_servers")]
    }
    assert given
    assert {server for _, server in given} <= {"servers", "kafka", "settings.kafka"}
