import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import Ports, free_port, is_free
from deploy.local.prerequisites import ToolMissing, check_java, check_maven
from deploy.local.process import Process, birth_of, uninterrupted
from deploy.local.trouble import StackTrouble
from tests.deploy.builders import somebody_on

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process("sleeper", tmp_path)
    process.start(SLEEP)
    yield process
    process.kill()


async def test_a_wished_port_is_taken_if_it_is_free_and_another_if_it_is_busy(tmp_path: Path) -> None:
    wished = free_port()
    assert Ports(tmp_path / "free.json").choose("kafka", wished) == wished
    async with await somebody_on(wished):
        other = Ports(tmp_path / "busy.json").choose("kafka", wished)
    assert other != wished
    assert is_free(other)


async def test_a_member_of_a_cluster_never_moves_to_another_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    had = ports.keep("kafka-1")
    assert ports.keep("kafka-1") == had
    async with await somebody_on(had):
        with pytest.raises(StackTrouble, match=f"kafka-1 needs port {had} again"):
            ports.keep("kafka-1")


def test_a_process_of_somebody_else_is_never_ended(process: Process, tmp_path: Path) -> None:
    """A pid file left by a power cut may name a pid that another program has got since."""
    pid = process.pid()
    assert pid
    birth = birth_of(pid)
    assert birth
    (tmp_path / "run" / "stale.json").write_text(birth.model_copy(update={"born": birth.born - 1}).model_dump_json())
    stale = Process("stale", tmp_path)
    assert not stale.is_running()
    stale.stop()
    stale.kill()
    assert process.pid() == pid


def test_a_halted_process_still_stops_when_asked(process: Process) -> None:
    process.send(signal.SIGSTOP)
    began = time.monotonic()
    process.stop()
    assert process.pid() is None
    assert time.monotonic() - began < 10


def test_a_server_that_ends_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = Process("short", tmp_path)
    process.start((sys.executable, "-c", "raise SystemExit('no such disk')"))
    while process.is_running():
        time.sleep(0.01)
    with pytest.raises(StackTrouble, match=r"short has ended by itself(.|\n)*no such disk"):
        process.check_alive()


@pytest.mark.parametrize(
    ("check", "line"),
    [(check_java, "apt-get install openjdk-17-jre-headless"), (check_maven, "apt-get install maven")],
)
def test_a_missing_tool_is_named_with_the_line_that_installs_it(
    check: Any, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=line):
        check()


def test_a_java_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.20\" 2023-07-18' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolMissing, match="Java 17 or newer"):
        check_java()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_until_a_started_process_is_noted(number: signal.Signals) -> None:
    before, noted = signal.signal(number, signal.default_int_handler), False
    try:
        with pytest.raises(KeyboardInterrupt), uninterrupted():
            signal.raise_signal(number)
            noted = True
    finally:
        signal.signal(number, before)
    assert noted
