"""Who may report is loaded from a file, whole or not at all."""

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey, RSAKey

from services.intake.domain.registry import Registry, changes
from services.intake.registry_file import UnusableRegistry, read_registry, read_registry_file
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
        "RELAIS_PERSON_SECRET": "p" * 32,
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
        ({}, "/integrators: is missing; /stations: is missing"),
        ({"integrators": [], "stations": ["Canari"]}, "/stations/0: must be a mapping"),
        ({"integrators": [{"code": "Canari", "stations": []}], "stations": []}, "/integrators/0/code"),
        ({"integrators": [{"code": "police", "stations": ["PN-31-9999"]}], "stations": []}, "no station PN-31-9999"),
    ],
)
def test_a_faulty_registry_is_refused_with_every_fault_and_its_place(members: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableRegistry, match=said) as refusal:
        read_registry(members)
    assert "Canari" not in str(refusal.value)


def test_intake_does_not_start_without_keys_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="RELAIS_KEYS"):
        some_settings(monkeypatch, RELAIS_KEYS=str(tmp_path))


CSV = """station,force,departement,commune,zone,integrator
PN-31-0001,police,31,31555,Europe/Paris,police
GN-09-0101,gendarmerie,09,09122,Europe/Paris,gendarmerie
"""


def written(folder: Path, text: str, name: str = "stations.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_stations_is_a_registry(tmp_path: Path) -> None:
    registry = read_registry_file(written(tmp_path, CSV))
    assert [station.code for station in registry.stations] == ["PN-31-0001", "GN-09-0101"]
    assert {each.code: each.stations for each in registry.integrators} == {
        "police": {"PN-31-0001"},
        "gendarmerie": {"GN-09-0101"},
    }


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (CSV.replace("09122,Europe/Paris", "09122,Europe/Foix"), "a.csv", "line 3, column 5: zone: is no time zone"),
        (CSV.replace("GN-09-0101,gendarmerie", "GN-09-0101,army"), "a.csv", "line 3, column 2: force: must be one of"),
        (CSV.replace(",09122,", ",31555,"), "a.csv", "commune of GN-09-0101 lies in another département"),
        (CSV + CSV.splitlines()[1], "a.csv", "PN-31-0001 stands in it twice"),
        (CSV.replace("commune,", ""), "a.csv", "line 1: no column commune"),
        ("integrators: [", "a.yaml", "line 2, column"),
        ("[]", "a.yaml", "a mapping"),
        ("{}", "a.json", "/integrators: is missing"),
    ],
)
def test_a_fault_of_a_file_is_told_by_its_line_or_place(tmp_path: Path, text: str, name: str, said: str) -> None:
    with pytest.raises(UnusableRegistry, match=said):
        read_registry_file(written(tmp_path, text, name))


def with_keys(*keys: dict[str, Any]) -> dict[str, Any]:
    station, *_ = REGISTRY["stations"]
    return {"integrators": [{"code": "police", "stations": [station["code"]], "keys": keys}], "stations": [station]}


def a_key(**changes: Any) -> dict[str, Any]:
    return OKPKey.generate_key("Ed25519", {"kid": "one"}).as_dict(private=False) | changes


def test_an_integrator_may_have_two_public_keys_so_that_it_can_rotate() -> None:
    [police] = read_registry(with_keys(a_key(), a_key(kid="two"))).integrators
    assert [key.kid for key in police.keys or ()] == ["one", "two"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([OKPKey.generate_key("Ed25519", {"kid": "one"}).as_dict(private=True)], "/integrators/0/keys/0/d"),
        ([a_key(crv="X25519")], "/integrators/0/keys/0: not a public key"),
        ([a_key(), a_key()], "police has two keys of one kid"),
        ([{"kty": "oct", "kid": "one", "k": "c2VjcmV0"}], "/integrators/0/keys/0/kty"),
    ],
)
def test_a_key_that_is_private_weak_or_of_no_use_is_refused_and_not_repeated(
    keys: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(UnusableRegistry, match=said) as refusal:
        read_registry(with_keys(*keys))
    assert not any(str(key.get("d") or key.get("k") or key.get("x")) in str(refusal.value) for key in keys)


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_is_refused() -> None:
    short = RSAKey.generate_key(1024, {"kid": "one"}).as_dict(private=False)
    with pytest.raises(UnusableRegistry, match="/integrators/0/keys/0: not a public key"):
        read_registry(with_keys(dict(short)))


def test_only_what_differs_is_changed_and_whoever_is_not_wanted_is_closed(tmp_path: Path) -> None:
    first = read_registry_file(written(tmp_path, CSV))
    moved = CSV.replace("31555", "31149").replace("GN-09-0101", "GN-09-0102")
    second = read_registry_file(written(tmp_path, moved))
    assert changes(first.stations, first.stations) == []
    made = changes(first.stations, second.stations)
    assert [(change.kind, change.after.code) for change in made] == [
        ("change", "PN-31-0001"),
        ("register", "GN-09-0102"),
        ("close", "GN-09-0101"),
    ]
    after = [*first.stations[:1], made[2].after, made[1].after]
    assert [change.kind for change in changes(after, first.stations)] == ["register", "close"]
