"""A service that ends while a house is kept open: it is said at once, and the service is started again."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.keeping import Keeper
from deploy.local.process import Process
from deploy.local.trouble import StackTrouble

SLEEP = "import time; time.sleep(60)"


class Short:
    """A service that is a line of Python."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.name, self.process = "intake", Process("intake", folder)
        self._lines, self.launches = list(lines), 0

    def launch(self) -> None:
        line = self._lines[min(self.launches, len(self._lines) - 1)]
        self.launches += 1
        self.process.start((sys.executable, "-c", line))


def until_ended(process: Process) -> None:
    while process.is_running():
        time.sleep(0.01)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process("mongo", tmp_path)
    yield process
    process.kill()


def test_a_service_that_ended_is_named_with_status_and_last_lines_and_started_again(
    tmp_path: Path, said: list[str]
) -> None:
    service = Short(tmp_path, "raise SystemExit('no such disk')", SLEEP)
    service.launch()
    until_ended(service.process)
    Keeper({"intake": service}, [], said.append).look()
    assert said == [
        "intake has ended (status 1). Its log ends with:\n  no such disk\nStarting intake again",
    ]
    assert service.process.is_running()
    service.process.kill()


def test_the_signal_that_killed_a_service_is_named(tmp_path: Path, said: list[str]) -> None:
    service = Short(tmp_path, SLEEP)
    service.launch()
    service.process.kill()
    Keeper({"intake": service}, [], said.append).look()
    assert said[0].startswith("intake has ended (killed by SIGKILL)")
    service.process.kill()


@pytest.mark.parametrize("status", [65, 78])
def test_a_service_that_would_end_in_the_same_way_is_not_started_again(
    tmp_path: Path, said: list[str], status: int
) -> None:
    service = Short(tmp_path, f"raise SystemExit({status})")
    service.launch()
    until_ended(service.process)
    with pytest.raises(StackTrouble, match=f"intake has ended \\(status {status}\\)"):
        Keeper({"intake": service}, [], said.append).look()
    assert service.launches == 1


def test_a_service_that_ends_again_and_again_ends_the_house(tmp_path: Path, said: list[str]) -> None:
    service = Short(tmp_path, "raise SystemExit(70)")
    service.launch()
    keeper = Keeper({"intake": service}, [], said.append)
    for _ in range(2):
        until_ended(service.process)
        keeper.look()
    until_ended(service.process)
    with pytest.raises(StackTrouble, match="status 70"):
        keeper.look()
    assert len(said) == 2


def test_a_server_that_ended_is_named_once_and_left_to_whoever_ended_it(process: Process, said: list[str]) -> None:
    keeper = Keeper({}, [process], said.append)
    process.start((sys.executable, "-c", SLEEP))
    keeper.look()
    process.kill()
    keeper.look()
    keeper.look()
    assert said == ["mongo has ended. python -m deploy.local up starts it again."]
    assert not process.is_running()
