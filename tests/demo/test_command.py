"""In a house that is open `./relais` works as it stands, and there is somebody of every role."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.demo.house import House, sample_roles
from deploy.local import ROOT
from deploy.local.stack import Stack
from shared.web.roles import Role


def test_somebody_of_every_role_may_sign_in_and_two_inspectors() -> None:
    roles = [role for held in sample_roles().values() for role in held]
    assert set(roles) == set(Role)
    assert roles.count(Role.INSPECTOR) == 2


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A checkout whose Python prints what it was told."""
    (tmp_path / "relais").write_text((ROOT / "relais").read_text("utf-8"))
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$RELAIS_MONGO|$RELAIS_URL|$*"\n')
    for each in (tmp_path / "relais", python):
        each.chmod(0o755)
    return tmp_path


def test_the_command_takes_the_servers_and_doors_of_the_open_house_unless_others_are_named(installed: Path) -> None:
    stack = Stack(installed / ".local")
    stack.folder.mkdir()
    house = House(stack)
    for each in ("issuer", "kafka", "mongo", "smtp", "sms", "receivers"):
        stack.ports.choose(each)
    house.services = {name: stack.service(name, {}) for name in ("intake", "audit")}
    for service in house.services.values():
        service.choose_ports()
    house.write_environment()
    doors = " ".join(service.address for service in house.services.values())
    mongo = stack.settings()["RELAIS_MONGO"]

    def said(**settings: str) -> str:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
        done = subprocess.run(  # noqa: S603 # our own script
            [str(installed / "relais"), "set-aside", "list"], env=mine | settings, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    assert said() == f"{mongo}|{doors}|-m cli set-aside list"
    assert said(RELAIS_URL="http://here") == f"{mongo}|http://here|-m cli set-aside list"
    assert said(RELAIS_MONGO="mongodb://there") == "mongodb://there||-m cli set-aside list"
    assert oct((stack.folder / "house.env").stat().st_mode)[-3:] == "600"
