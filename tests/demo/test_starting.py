"""Where links lead, and what is left of a demo that is interrupted while it starts."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.demo.house import House
from deploy.local import ROOT
from deploy.local.stack import Stack
from tests.deploy.builders import somebody_on

POINTS = ("Starting Kafka", "relais migrate", "Starting referral", "Starting audit")
"""What the demo says as it starts: at each of these somebody types Ctrl-C."""


async def test_links_lead_to_a_port_that_is_known_and_not_to_the_usual_one(tmp_path: Path) -> None:
    house = House(Stack(tmp_path))
    house.stack.ports.choose("issuer")
    assert "RELAIS_LINK_BASE" not in house.settings()
    usual = house.stack.ports.choose("referral")
    async with await somebody_on(usual):
        referral = house.stack.service("referral", {})
        referral.choose_ports()
    assert referral.port != usual
    assert house.settings()["RELAIS_LINK_BASE"] == referral.address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("interrupted")
    yield folder
    Stack(folder).clean()


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_left_running_of_a_demo_that_is_interrupted_while_it_starts(folder: Path, point: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
    environment |= {"RELAIS_STATE": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "deploy.demo"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout is not None
        assert any(point in line for line in demo.stdout)
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=90)
    assert demo.returncode != 0
    assert "Traceback" not in rest
    assert Stack(folder).running() == set()
    assert left_of(folder) == []


def left_of(folder: Path) -> list[str]:
    """Processes that write a log below this folder, whether or not the stack knows of them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "fd/1").readlink().is_relative_to(folder):
                found.append(process.name)
    return found


def test_a_second_demo_leaves_the_house_of_the_first_alone(tmp_path: Path) -> None:
    environment = {**os.environ, "RELAIS_STATE": str(tmp_path)}
    with (tmp_path / "house.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "deploy.demo", "report"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert done.stdout.startswith("Another demo runs on this stack") and "Traceback" not in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["house.lock"]
