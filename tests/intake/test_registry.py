"""Who may report is loaded from a file, whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from services.intake.commands import UnusableRegistry, load_registry
from services.intake.domain.registry import Registry
from services.intake.settings import IntakeSettings
from shared.settings import WrongSettings, read_settings
from shared.vault.ring import write_new_keys
from tests.intake.desk import REGISTRY


@pytest.fixture
def keys(tmp_path: Path) -> str:
    write_new_keys(tmp_path, "first")
    return str(tmp_path)


def some_settings(patch: pytest.MonkeyPatch, **changes: str) -> IntakeSettings:
    named = {
        "RELAIS_KAFKA": "127.0.0.1:9",
        "RELAIS_MONGO": "mongodb://127.0.0.1:9/?replicaSet=rs0",
        "RELAIS_ISSUER": "http://127.0.0.1:9",
        "RELAIS_AUTHID_SECRET": "a" * 32,
        "RELAIS_CASE_SECRET": "c" * 32,
        "RELAIS_FINGERPRINT_SECRET": "f" * 32,
        **changes,
    }
    for name, value in named.items():
        patch.setenv(name, value)
    return read_settings(IntakeSettings)


def test_the_sample_registry_names_two_integrators_six_stations_and_three_departements() -> None:
    registry = Registry.model_validate(REGISTRY)
    assert [each.code for each in registry.integrators] == ["police", "gendarmerie"]
    assert len(registry.stations) == 6
    assert {station.departement for station in registry.stations} == {"31", "09", "2A"}


def test_every_sample_station_has_exactly_one_speaker() -> None:
    registry = Registry.model_validate(REGISTRY)
    spoken_for = [code for speaker in registry.integrators for code in speaker.stations]
    assert sorted(spoken_for) == sorted(station.code for station in registry.stations)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "/integrators: missing; /stations: missing"),
        ({"integrators": [], "stations": ["Canari"]}, "/stations/0: model_type"),
        ({"integrators": [{"code": "Canari", "stations": []}], "stations": []}, "/integrators/0/code"),
        ({"integrators": [{"code": "police", "stations": ["PN-31-9999"]}], "stations": []}, "no station PN-31-9999"),
    ],
)
async def test_a_faulty_registry_is_refused_before_anything_is_opened(
    members: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    settings = some_settings(monkeypatch, RELAIS_KEYS=keys)
    with pytest.raises(UnusableRegistry, match=said) as refusal:
        await load_registry(settings, members)
    assert "Canari" not in str(refusal.value)


def test_intake_does_not_start_without_keys_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="RELAIS_KEYS"):
        some_settings(monkeypatch, RELAIS_KEYS=str(tmp_path))
