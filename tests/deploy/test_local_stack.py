import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from deploy.local import ROOT
from deploy.local.passing import passing_stack, sweep
from deploy.local.ports import Ports, free_port
from deploy.local.process import birth_of
from deploy.local.services import Service
from deploy.local.stack import Stack, outside_servers
from deploy.local.trouble import StackTrouble
from deploy.local.waiting import wait_for
from tests.deploy.builders import somebody_on


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that these tests may kill."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        stack.start()
        yield stack
    finally:
        stack.clean()


def pids(stack: Stack) -> dict[str, int | None]:
    return {process.name: process.pid() for server in stack.servers.values() for process in server.processes}


async def topics_on(kafka: str, new: str | None = None) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if new:
            await admin.create_topics([NewTopic(new, 1, 1)])
        return set(await admin.list_topics())
    finally:
        await admin.close()


def mongo_of(stack: Stack) -> AsyncMongoClient[Mapping[str, Any]]:
    return AsyncMongoClient(stack.mongo.address, w="majority", journal=True)


async def test_a_second_start_changes_nothing(own_stack: Stack) -> None:
    before, written = pids(own_stack), (own_stack.folder / "stack.env").read_text()
    again = Stack(own_stack.folder)
    await asyncio.to_thread(again.start)
    assert None not in before.values()
    assert pids(again) == before
    assert (own_stack.folder / "stack.env").read_text() == written


async def test_a_killed_kafka_comes_back_with_its_topics(own_stack: Stack) -> None:
    kafka = own_stack.kafka
    address = kafka.address
    await topics_on(address, new="kept-by-kafka")
    kafka.kill()
    assert kafka.process.pid() is None
    await asyncio.to_thread(kafka.start)
    assert kafka.address == address
    assert "kept-by-kafka" in await topics_on(address)


async def test_a_killed_mongo_comes_back_with_what_was_acknowledged(own_stack: Stack) -> None:
    mongo = own_stack.mongo
    async with mongo_of(own_stack) as client:
        await client.kept.things.insert_one({"_id": "acknowledged"})
    mongo.kill()
    await asyncio.to_thread(mongo.start)
    async with mongo_of(own_stack) as client:
        assert await client.kept.things.find_one({}) == {"_id": "acknowledged"}


async def test_servers_whose_ports_were_taken_come_back_elsewhere_with_all_they_had(own_stack: Stack) -> None:
    kafka, mongo = own_stack.kafka, own_stack.mongo
    await topics_on(kafka.address, new="moved")
    async with mongo_of(own_stack) as client:
        await client.moved.things.insert_one({"_id": "moved"})
    await asyncio.to_thread(own_stack.stop)
    before, taken = own_stack.ports.known(), [kafka.port, own_stack.ports.known()["kafka-controller"], mongo.port]
    async with await somebody_on(taken[0]), await somebody_on(taken[1]), await somebody_on(taken[2]):
        await asyncio.to_thread(own_stack.start)
    moved = own_stack.ports.known()
    assert not {moved[name] for name in ("kafka", "kafka-controller", "mongo")} & {*before.values()}
    assert "moved" in await topics_on(kafka.address)
    async with mongo_of(own_stack) as client:
        assert await client.moved.things.find_one({}) == {"_id": "moved"}


async def test_kafka_makes_no_topic_by_accident(own_stack: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=own_stack.kafka.address)
    await admin.start()
    try:
        await admin.describe_topics(["by-accident"])
        assert "by-accident" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_a_mail_that_is_taken_becomes_a_file(own_stack: Stack) -> None:
    host, _, port = own_stack.smtp.address.partition(":")
    mail = "From: relais@relais.example\nTo: iscg@relais.example\nSubject: Reference 7\n\nTo be accepted.\n"
    sent_by, sent_to = "relais@relais.example", ["iscg@relais.example"]
    await aiosmtplib.send(mail, sender=sent_by, recipients=sent_to, hostname=host, port=int(port))
    (taken,) = (own_stack.smtp.folder / "mail" / "new").iterdir()
    assert "Subject: Reference 7" in taken.read_text()


def test_secrets_are_made_once_and_only_their_owner_reads_them(own_stack: Stack) -> None:
    files = {path: path.read_bytes() for path in (own_stack.folder / "secrets").rglob("*") if path.is_file()}
    own_stack.settings()
    assert files
    assert all(path.read_bytes() == content for path, content in files.items())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_written_settings_can_be_sourced_by_a_shell(own_stack: Stack) -> None:
    script = f'set -a; . "{own_stack.folder}/stack.env"; printf "%s" "$RELAIS_MONGO"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == own_stack.mongo.address


def test_servers_of_ones_own_are_used_and_none_is_started_in_their_place(tmp_path: Path) -> None:
    outside = outside_servers({"RELAIS_KAFKA": "kafka.example:9092", "RELAIS_OTHER": "x"}, tmp_path)
    stack = Stack(tmp_path, outside=outside)
    assert outside == {"RELAIS_KAFKA": "kafka.example:9092"}
    assert stack.reach("RELAIS_KAFKA") == "kafka.example:9092"
    assert set(stack.servers) == {"RELAIS_MONGO", "RELAIS_SMTP", "RELAIS_SMS_GATEWAY"}


def test_servers_of_ones_own_are_used_the_second_time_too(tmp_path: Path) -> None:
    mine = {"RELAIS_KAFKA": "kafka.example:9092", "RELAIS_MONGO": "mongodb://mongo.example"}
    environment = mine | {"RELAIS_SMTP": "mail.example:25", "RELAIS_SMS_GATEWAY": "http://sms.example/"}
    for _ in range(2):
        outside = outside_servers(environment, tmp_path)
        Stack(tmp_path, outside=outside).start()
        assert outside == environment


async def test_another_server_at_a_port_that_was_once_ones_own_is_a_server_of_ones_own(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    environment = {"RELAIS_SMTP": f"127.0.0.1:{stack.ports.choose('smtp')}"}
    assert outside_servers(environment, tmp_path) == {}
    async with await somebody_on(stack.smtp.port):
        assert outside_servers(environment, tmp_path) == environment


def test_the_stacks_own_addresses_do_not_count_as_servers_of_ones_own(own_stack: Stack) -> None:
    assert outside_servers({"RELAIS_KAFKA": own_stack.kafka.address}, own_stack.folder) == {}


@pytest.fixture
def old_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{java.parent}:{os.environ['PATH']}")


@pytest.mark.usefixtures("old_java")
def test_an_old_java_is_noticed_before_anything_is_installed_and_nothing_is_left_running(tmp_path: Path) -> None:
    typed = ("/bin/sh", "-c", "make servers")
    done = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode and "Kafka needs Java 17 or newer, and this is an older one" in done.stderr
    stack = Stack(tmp_path / "stack")
    with pytest.raises(StackTrouble, match="Java 17"):
        stack.start()
    assert stack.running() == set()


def test_a_passing_stack_is_ended_by_the_next_one_when_its_owner_was_killed(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from deploy.local.passing import passing_stack\n"
        "with passing_stack({}, pathlib.Path(sys.argv[1])) as stack:\n"
        "    stack.smtp.start(); print(stack.smtp.process.pid(), flush=True); os.kill(os.getpid(), 9)\n"
    )
    command = (sys.executable, "-c", script, tmp_path)
    killed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    left = int(killed.stdout)
    assert birth_of(left)
    with passing_stack({}, tmp_path) as mine:
        mine.smtp.start()
        sweep(tmp_path)
        assert birth_of(left) is None
        assert mine.smtp.process.is_running()
    assert [*tmp_path.iterdir()] == []


async def test_the_issuers_clients_keep_their_secrets_when_it_starts_again(own_stack: Stack) -> None:
    issuer = own_stack.issuer({"police": ["integrator"], "iscg-31-a": ["iscg"]})
    issuer.start()
    before = issuer.config
    issuer.kill()
    issuer.start()
    assert issuer.config == before
    async with httpx.AsyncClient() as client:
        said = await client.get(f"{issuer.address}/.well-known/openid-configuration")
    assert said.json()["issuer"] == issuer.address


def test_a_second_service_that_cannot_start_says_why(own_stack: Stack) -> None:
    audit = own_stack.service("audit-2", {"RELAIS_AUDIT_ORIGIN": "no origin"})
    with pytest.raises(StackTrouble, match=r"audit-2 has ended by itself(?s:.*)RELAIS_AUDIT_ORIGIN"):
        audit.start()


@pytest.fixture(scope="module")
def migrated(own_stack: Stack) -> dict[str, str]:
    """The settings of services on databases that are up to date."""
    settings = {**own_stack.settings(), "RELAIS_ISSUER": "http://127.0.0.1:1"}
    subprocess.run([sys.executable, "-m", "cli", "migrate"], env={**os.environ, **settings}, check=True)
    return settings


def lines_of(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.process.log.read_text().splitlines() if line.startswith("{")]


async def until_answered(service: Service, path: str) -> httpx.Response:
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=service.address) as client:
        while True:
            with suppress(httpx.TransportError):
                return await client.get(path)
            await asyncio.sleep(0.05)


async def test_a_service_whose_servers_are_away_lives_waits_and_says_what_it_waits_for(
    own_stack: Stack, migrated: dict[str, str]
) -> None:
    waiting = own_stack.service("notification-waiting", migrated)
    own_stack.mongo.kill()
    own_stack.kafka.kill()
    waiting.launch()
    assert (await until_answered(waiting, "/livez")).status_code == 200
    ready, other = await until_answered(waiting, "/readyz"), await until_answered(waiting, "/v1/notices")
    assert (ready.status_code, ready.json()["checks"]) == (503, {"servers": "failed"})
    assert ready.json()["instance"] == "notification-waiting"
    assert (other.status_code, "retry-after" in other.headers) == (503, True)
    while len(away := [line for line in lines_of(waiting) if line["event"] == "server-away"]) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert {(line["what"], line["server"], line["errno"]) for line in away} == {
        ("mongodb", f"127.0.0.1:{own_stack.mongo.port}", 111),
        ("kafka", own_stack.kafka.address, 111),
    }
    await asyncio.to_thread(own_stack.start)
    await asyncio.to_thread(wait_for, waiting.process, waiting.is_ready)
    await asyncio.to_thread(waiting.stop)
    assert waiting.process.exit_status() == 0
    assert lines_of(waiting)[-1]["event"] == "service-ended"


async def test_a_service_that_waits_ends_in_order_when_it_is_asked(own_stack: Stack, migrated: dict[str, str]) -> None:
    asked = own_stack.service("notification-asked", {**migrated, "RELAIS_KAFKA": f"127.0.0.1:{free_port()}"})
    asked.launch()
    await until_answered(asked, "/livez")
    await asyncio.to_thread(asked.stop)
    assert asked.process.exit_status() == 0
    assert lines_of(asked)[-1].items() >= {"event": "service-ended", "reason": "asked", "status": 0}.items()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("RELAIS_HTTP_PORT", "end the program that has this port, or set RELAIS_HTTP_PORT to another."),
        ("RELAIS_METRICS_PORT", "end the program that has this port, or set RELAIS_METRICS_PORT to another."),
        ("RELAIS_MONGO", "correct the user or password in RELAIS_MONGO, or the rights of that user."),
    ],
)
def test_what_waiting_does_not_mend_ends_a_service_at_once_with_one_sentence(
    own_stack: Stack, migrated: dict[str, str], setting: str, said: str
) -> None:
    wrong = own_stack.mongo.address.replace("mongodb://", "mongodb://relais:canary@")
    value = wrong if setting == "RELAIS_MONGO" else str(own_stack.sms.port)
    service = own_stack.service("notification-wrong", {**migrated, setting: value})
    with pytest.raises(StackTrouble) as trouble:
        service.start()
    assert str(trouble.value).endswith(said)
    assert service.process.exit_status() == os.EX_CONFIG
    assert "canary" not in service.process.log.read_text()
    assert "Traceback" not in service.process.log.read_text()


def test_a_service_is_not_ready_because_another_of_its_name_answers_at_its_port(
    own_stack: Stack, migrated: dict[str, str], tmp_path: Path
) -> None:
    first = own_stack.service("notification", migrated)
    first.start()
    ports = Ports(tmp_path / "ports.json")
    second = Service("notification", tmp_path, ports, own_stack.say, settings=migrated)
    second.choose_ports()
    (tmp_path / "ports.json").write_text(json.dumps({**ports.known(), "notification": first.port}))
    second.launch()
    with pytest.raises(StackTrouble, match=r"RELAIS_HTTP_PORT|Not notification answers at .* another notification"):
        wait_for(second.process, second.is_ready)
    second.stop()
    first.stop()


def test_where_one_service_cannot_start_none_is_left_behind(own_stack: Stack, migrated: dict[str, str]) -> None:
    settings = {**migrated, "RELAIS_AUDIT_ORIGIN": "no origin"}
    with pytest.raises(StackTrouble, match="audit has ended by itself"):
        own_stack.start_services(settings, ("notification", "audit"))
    left = [process.name for process in own_stack.started() if process.is_running()]
    assert not {"notification", "audit"} & set(left)
