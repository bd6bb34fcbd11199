"""Every optional member and every list of a contract, tried absent, null and empty: generated from its JSON Schema."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import orjson
from hypothesis import find
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.event import Event
from tests.contracts.test_every_event import BLOCKS, SCHEMAS

Json = Any
Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

BY_FORMAT = {
    "uuid": "0b0e4a2e-8b43-4b0e-9a5e-2f0b1c7d9e11",
    "date": "2026-11-23",
    "date-time": "2026-11-23T09:00:00Z",
    "timezone": "Europe/Paris",
}
BY_NAME = {"zone": "Europe/Paris", "departement": "31", "commune": "31555", "insee_commune": "31555"}
"""Members of which a schema knows less than the code does."""


class Variant(NamedTuple):
    """A value in which one member is absent, null or empty."""

    path: Path
    how: str
    value: Json

    @property
    def pointer(self) -> str:
        """Where."""
        return "".join(f"/{step}" for step in self.path)

    def __str__(self) -> str:
        return f"{self.pointer} {self.how}"

    def is_named_by(self, place: tuple[str | int, ...]) -> bool:
        """Whether a fault at this place, as pydantic tells it, leads to the member or to what holds it."""
        names = [step for step in self.path if isinstance(step, str)]
        told = [step for step in place if isinstance(step, str)]
        return bool(told) and (names[-1] in told or names[-2:-1] == told[-1:])


Blocks = Mapping[str, Json]
Wire = tuple[Json, Blocks]
ANSWERED = {"case.referral-answered.v1.file": {"answer": "scheduled"}}
"""Only a scheduled appointment has a day."""


def whole(kind: type[Event], known: Mapping[str, Json] | None = None, blocks: Blocks | None = None) -> Wire:
    """An event that leaves nothing out, in clear and in blocks; members that are `known` are as they are there."""
    wire = filled(SCHEMAS[kind.type])
    wire |= {name: value for name, value in (known or {}).items() if name in wire}
    given = {name: (blocks or {}).get(name, ANSWERED.get(BLOCKS[kind, name])) for name in kind.sealed_members()}
    return wire, {name: filled(SCHEMAS[BLOCKS[kind, name]], base) for name, base in given.items()}


def varied(kind: type[Event], given: Wire) -> Iterator[tuple["Variant", Wire]]:
    """Each variant of an event, in one of its members or in one of its blocks."""
    wire, blocks = given
    for each in variants(SCHEMAS[kind.type], wire):
        yield each, (each.value, blocks)
    for name, block in blocks.items():
        for each in variants(SCHEMAS[BLOCKS[kind, name]], block):
            yield each, (wire, {**blocks, name: each.value})


def read(kind: type[Event], given: Wire) -> Event:
    """The event as its reader knows it. Raises `ValidationError`."""
    wire, blocks = given
    return kind.read(wire, {name: orjson.dumps(block) for name, block in blocks.items()})


def readable(kind: type[Event], given: Wire) -> Iterator[tuple[str, Event, Blocks]]:
    """An event, and each of its variants that is read: by what it lacks, with its blocks."""
    yield "whole", read(kind, given), given[1]
    for variant, version in varied(kind, given):
        try:
            yield str(variant), read(kind, version), version[1]
        except ValidationError:
            continue


def variants(schema: Schema, base: Json) -> Iterator[Variant]:
    """Each optional member of this value absent and null, each list empty, one at a time."""
    for path, how in _places(schema, schema.get("$defs", {}), base, ()):
        yield Variant(path, how, _changed(base, path, how))


def filled(schema: Schema, base: Json = None, definitions: Schema | None = None, name: str = "") -> Json:
    """A value that has every member which its schema knows; those of `base` stay as they are."""
    known = schema.get("$defs", {}) if definitions is None else definitions
    schema = _resolved(schema, known)
    if "properties" in schema:
        given = base if isinstance(base, dict) else {}
        return {
            member: given[member]
            if given.get(member) is not None and not isinstance(given[member], dict | list)
            else filled(each, given.get(member), known, member)
            for member, each in schema["properties"].items()
        }
    if schema.get("type") == "array" and base:
        return [filled(schema["items"], each, known, name) for each in base]
    return _made(schema, known, name) if base is None or base in ([], {}) else base


def _made(schema: Schema, known: Schema, name: str) -> Json:
    if name in BY_NAME and schema.get("type") == "string":
        return BY_NAME[name]
    if choices := schema.get("enum", [schema["const"]] if "const" in schema else None):
        return choices[0]
    if "propertyNames" in schema:
        member = _made(_resolved(schema["propertyNames"], known), known, name)
        return {member: filled(schema["additionalProperties"], None, known)}
    if schema.get("type") == "array":
        return [filled(schema["items"], None, known, name)]
    plain = {"boolean": False, "integer": int(schema.get("minimum", 1)), "number": schema.get("minimum", 1)}
    return _text(schema) if schema.get("type") == "string" else plain.get(schema.get("type", ""))


def _text(schema: Schema) -> str:
    least, pattern = schema.get("minLength", 1), schema.get("pattern")
    plain = "x" * least if pattern is None else _matching(pattern, least)
    return BY_FORMAT.get(schema.get("format", ""), plain)


@cache
def _matching(pattern: str, least: int) -> str:
    return find(st.from_regex(pattern.replace("$", r"\Z")).filter(lambda text: len(text) >= least), lambda _: True)


def _resolved(schema: Schema, known: Schema) -> Schema:
    """What is meant by a reference, or by a choice of which null is one."""
    while True:
        if "$ref" in schema:
            schema = known[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        elif "oneOf" in schema:
            schema = schema["oneOf"][0]
        else:
            return schema


def _places(schema: Schema, known: Schema, value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    schema = _resolved(schema, known)
    for name, each in schema.get("properties", {}).items():
        if not isinstance(value, dict) or name not in value:
            continue
        if name not in schema.get("required", ()):
            yield from ((((*path, name), "absent")), ((*path, name), "null"))
        if _resolved(each, known).get("type") == "array" or "propertyNames" in _resolved(each, known):
            yield (*path, name), "empty"
        yield from _places(each, known, value[name], (*path, name))
    if schema.get("type") == "array" and isinstance(value, list):
        for n, item in enumerate(value):
            yield from _places(schema["items"], known, item, (*path, n))


def _changed(base: Json, path: Path, how: str) -> Json:
    value = deepcopy(base)
    *way, last = path
    there = value
    for step in way:
        there = there[step]
    if how == "absent":
        del there[last]
    else:
        there[last] = None if how == "null" else type(there[last])()
    return value
