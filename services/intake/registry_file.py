"""Reads a registry from a file that people keep: YAML or JSON as it stands, or CSV with one station a line."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.intake.domain.registry import Registry
from shared.web.issuer import usable_keys

COLUMNS = ("station", "force", "departement", "commune", "zone", "integrator")


class UnusableRegistry(Exception):
    """The registry can't be used; nothing of it was kept. What is wrong, and where:"""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")
        self.faults = faults


def read_registry_file(path: Path) -> Registry:
    """The whole registry. Raises `UnusableRegistry`, which names every fault by line or place."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableRegistry([f"{path} can't be read as UTF-8 text ({type(error).__name__})"]) from None
    return _from_csv(text) if path.suffix.lower() == ".csv" else _from_yaml(text)


def read_registry(members: Mapping[str, Any]) -> Registry:
    """A registry from its members. Raises `UnusableRegistry`."""
    try:
        registry = Registry.model_validate(members)
    except ValidationError as error:
        raise UnusableRegistry([f"/{place}: {kind}" for place, kind in _errors(error)]) from None
    if faults := [*registry.faults(), *_unusable_keys(registry)]:
        raise UnusableRegistry(faults)
    return registry


def _unusable_keys(registry: Registry) -> Iterator[str]:
    for n, speaker in enumerate(registry.integrators):
        for k, key in enumerate(speaker.keys or ()):
            if not dict(usable_keys([key.jwk()])):
                yield f"/integrators/{n}/keys/{k}: not a public key for Ed25519, P-256, or RSA of 2048 bits or more"


def _from_yaml(text: str) -> Registry:
    try:
        members = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnusableRegistry([f"{where}{error.problem}"]) from None
    if not isinstance(members, dict):
        raise UnusableRegistry(["a mapping with `integrators` and `stations` is expected"])
    return read_registry(members)


def _from_csv(text: str) -> Registry:
    rows = csv.DictReader(text.splitlines(), strict=True)
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise UnusableRegistry([f"line 1: no column {name}" for name in missing])
    read = [(rows.line_num, row) for row in rows]
    members = {"stations": [_station(row) for _, row in read], "integrators": list(_integrators(read))}
    try:
        registry = Registry.model_validate(members)
    except ValidationError as error:
        raise UnusableRegistry([_at_line(place, kind, read) for place, kind in _errors(error)]) from None
    if faults := registry.faults():
        raise UnusableRegistry(faults)
    return registry


def _station(row: Mapping[str, str]) -> dict[str, str]:
    return {"code": row["station"]} | {name: row[name] for name in COLUMNS[1:5]}


def _integrators(read: list[tuple[int, dict[str, str]]]) -> Iterator[dict[str, Any]]:
    for code in dict.fromkeys(row["integrator"] for _, row in read):
        yield {"code": code, "stations": [row["station"] for _, row in read if row["integrator"] == code]}


def _at_line(place: str, kind: str, read: list[tuple[int, dict[str, str]]]) -> str:
    group, n, *member = place.split("/")
    if group == "stations":
        return f"line {read[int(n)][0]}, {'/'.join(member).replace('code', 'station')}: {kind}"
    return f"integrator: {kind}"


def _errors(error: ValidationError) -> list[tuple[str, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [("/".join(map(str, each["loc"])), each["type"]) for each in found]
