"""Reads a registry from a file that people keep: YAML or JSON as it stands, or CSV with one station a line."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.intake.domain.registry import Registry
from shared.files.faults import Mark, MarksOf, Place, UnusableFile, either, faults_of, told
from shared.files.table import Row, read_table
from shared.files.text import is_table, read_text
from shared.files.tree import read_tree
from shared.web.issuer import usable_keys

STATION = {"code": "station", **{name: name for name in ("force", "departement", "commune", "zone")}}
"""The column of each member of a station."""
COLUMNS = (*STATION.values(), "integrator")


class UnusableRegistry(UnusableFile):
    """The registry can't be used; nothing of it was kept. What is wrong, and where:"""


def read_registry_file(path: Path) -> Registry:
    """The whole registry. Raises `UnusableRegistry`, which names every fault by its place."""
    try:
        text = read_text(path)
        members, marks_of = _from_table(text) if is_table(path) else read_tree(text, "`integrators` and `stations`")
    except UnusableFile as refusal:
        raise UnusableRegistry(refusal.faults) from None
    return read_registry(members, marks_of)


def read_registry(members: Mapping[str, Any], marks_of: MarksOf = dict) -> Registry:
    """A registry from its members. Raises `UnusableRegistry`, without what was given."""
    try:
        registry = Registry.model_validate(members)
    except ValidationError as error:
        raise UnusableRegistry(faults_of(error, marks_of())) from None
    if faults := [*registry.faults(), *_unusable_keys(registry)]:
        marks = marks_of()
        raise UnusableRegistry([told(place, either(*sentences), marks) for place, *sentences in faults])
    return registry


def _unusable_keys(registry: Registry) -> Iterator[tuple[Place, str, str]]:
    for n, speaker in enumerate(registry.integrators):
        for k, key in enumerate(speaker.keys or ()):
            if not dict(usable_keys([key.jwk()])):
                yield (
                    ("integrators", n, "keys", k),
                    "not a public key for Ed25519, P-256, or RSA of 2048 bits or more",
                    "n'est pas une clé publique Ed25519, P-256 ou RSA de 2048 bits au moins",
                )


def _from_table(text: str) -> tuple[Mapping[str, Any], MarksOf]:
    rows = read_table(text, COLUMNS)
    spoken_for = dict[str, list[Row]]()
    for row in rows:
        spoken_for.setdefault(row["integrator"], []).append(row)
    members = {
        "stations": [{member: row[column] for member, column in STATION.items()} for row in rows],
        "integrators": [{"code": code, "stations": [row["station"] for row in of]} for code, of in spoken_for.items()],
    }
    return members, lambda: dict(_marks(rows, [of[0] for of in spoken_for.values()]))


def _marks(rows: Sequence[Row], firsts: Sequence[Row]) -> Iterator[tuple[Place, Mark]]:
    """Where each member stands; of an integrator, where it is named first."""
    for n, row in enumerate(rows):
        for member, column in STATION.items():
            yield ("stations", n, member), row.mark(column)
    for n, row in enumerate(firsts):
        yield ("integrators", n), row.mark("integrator")
