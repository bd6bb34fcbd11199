"""Holds the compose file against the services' own settings, since no container engine tries it here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import PydanticUndefined

from deploy.holding import SETTINGS, fields_of, file_of, held_by
from deploy.local import ROOT
from deploy.local.dev_secrets import hand_out, make_secrets

COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().splitlines()
each_service = pytest.mark.parametrize("name", SETTINGS)


def environment(name: str) -> dict[str, str]:
    found: dict[str, str] = COMPOSE["services"][name]["environment"]
    return found


@each_service
def test_every_setting_that_a_service_needs_is_given(name: str) -> None:
    fields = SETTINGS[name].model_fields.items()
    needed = {
        f"RELAIS_{field.upper()}" for field, what in fields if what.default is PydanticUndefined and what.is_required()
    }
    given = {variable.removesuffix("_FILE") for variable in environment(name)}
    assert needed <= given


@each_service
def test_no_setting_is_given_that_a_service_does_not_know(name: str) -> None:
    known = {file_of(name, variable) for variable in fields_of(name)} | set(fields_of(name))
    assert set(environment(name)) <= known


@each_service
def test_each_service_waits_for_healthy_servers_and_a_prepared_database(name: str) -> None:
    waits = COMPOSE["services"][name]["depends_on"]
    assert waits["kafka"]["condition"] == waits["mongo"]["condition"] == "service_healthy"
    assert waits["prepare"]["condition"] == "service_completed_successfully"


@each_service
def test_each_service_is_its_own_build_of_the_one_image(name: str) -> None:
    assert COMPOSE["services"][name]["build"]["args"]["SERVICE"] == name


@each_service
def test_each_service_runs_hardened_and_is_reached_from_this_machine_only(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@each_service
def test_the_port_that_is_published_is_the_one_that_is_served(name: str) -> None:
    port = environment(name)["RELAIS_HTTP_PORT"]
    assert COMPOSE["services"][name]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_every_secret_that_is_named_is_made(tmp_path: Path) -> None:
    made = {Path(path).name for path in make_secrets(tmp_path).values()}
    named = {
        Path(value).name for name in SETTINGS for value in environment(name).values() if value.startswith("/secrets/")
    }
    assert named <= made


@each_service
def test_a_service_is_handed_the_secrets_that_it_holds_and_no_others(name: str, tmp_path: Path) -> None:
    hand_out(make_secrets(tmp_path / "secrets"), tmp_path)
    held = {variable for secret in held_by(name) for variable in (secret, file_of(name, secret))}
    named = {variable for variable, value in environment(name).items() if value.startswith("/secrets/")}
    assert named <= held
    handed = {path.name for path in (tmp_path / name).iterdir()}
    assert {Path(environment(name)[variable]).name for variable in named} <= handed
    assert COMPOSE["services"][name]["volumes"] == [f"secrets-{name}:/secrets:ro"]
    assert f"secrets-{name}:/held/{name}" in COMPOSE["services"]["secrets"]["volumes"]


def test_no_secret_stands_in_the_file_itself() -> None:
    for name in SETTINGS:
        secrets = [variable for variable in environment(name) if "SECRET" in variable or "MASTER" in variable]
        assert all(variable.endswith("_FILE") for variable in secrets)


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    assert "USER 10001" in DOCKERFILE
    assert any(line.startswith("HEALTHCHECK") for line in DOCKERFILE)


def test_only_what_is_locked_with_hashes_is_installed() -> None:
    [install] = [line for line in DOCKERFILE if "pip install" in line]
    assert "--require-hashes" in install
