"""Reports as a station writes them, and any event that a schema allows."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta, timezone
from typing import Any

import jsonschema_rs
import orjson
from hypothesis import strategies as st

from shared.contracts.blocks import Fault
from shared.contracts.check import Report, check_report
from shared.contracts.documents import ROOT

EXAMPLES = ROOT / "docs/stations/examples"
Json = dict[str, Any]
Change = Callable[[Any], None]


def a_clear_part(**changes: Any) -> Json:
    """The clear part of the example report that vendors are shown."""
    return _example("report.json") | changes


def a_withdrawal(**members: Any) -> Json:
    """The data of the example withdrawal that vendors are shown."""
    return _example("withdrawal.json") | members


def a_content(*changes: Change) -> Json:
    """The content of the example report, changed in place by each of these."""
    content = deepcopy(_example("content.json"))
    for change in changes:
        change(content)
    return content


def setting(value: Any, *path: str | int) -> Change:
    """Put a value at a path."""

    def change(json: Any) -> None:
        *way, last = path
        for step in way:
            json = json[step]
        json[last] = value

    return change


def faults_in(*changes: Change, **clear: Any) -> set[tuple[str, str]]:
    """Pointer and code of everything that is wrong with the example report, so changed."""
    found = check_report(a_clear_part(**clear), a_content(*changes))
    return set() if isinstance(found, Report) else said(found)


def said(faults: tuple[Fault, ...]) -> set[tuple[str, str]]:
    """Pointer and code of each fault."""
    return {(fault.pointer, fault.code.value) for fault in faults}


def _example(name: str) -> Json:
    example: Json = orjson.loads((EXAMPLES / name).read_bytes())
    return example


def from_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Any JSON that a schema of ours allows."""
    if "$ref" in schema:
        return from_schema(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return st.one_of([from_schema(each, definitions) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _BY_TYPE[schema["type"]](schema, definitions)


def _objects(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "propertyNames" in schema:
        names = from_schema(schema["propertyNames"], definitions)
        return st.dictionaries(names, from_schema(schema["additionalProperties"], definitions), max_size=3)
    members = {name: from_schema(each, definitions) for name, each in schema["properties"].items()}
    members |= {"zone": st.sampled_from(["Europe/Paris", "Indian/Reunion"])} if "zone" in members else {}
    required = schema.get("required", [])
    found = st.fixed_dictionaries(
        {name: each for name, each in members.items() if name in required},
        optional={name: each for name, each in members.items() if name not in required},
    )
    rule = {name: schema[name] for name in ("if", "then") if name in schema}
    return found.filter(jsonschema_rs.validator_for(rule).is_valid) if rule else found


def _arrays(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(from_schema(schema["items"], definitions), min_size=schema.get("minItems", 0), max_size=3)


def _texts(schema: Mapping[str, Any], _definitions: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    zones = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-3, 0, 1, 11)])
    by_format = {
        "uuid": st.uuids().map(str),
        "date": st.dates().filter(lambda day: 1900 <= day.year < 2200).map(str),
        "date-time": st.datetimes(timezones=zones).filter(lambda at: 1900 <= at.year < 2200).map(_written),
    }
    if "format" in schema:
        return by_format[schema["format"]]
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"))
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 40))


def _written(at: Any) -> str:
    return str(at.isoformat(timespec="seconds"))


_BY_TYPE: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _arrays,
    "string": _texts,
    "integer": lambda schema, _: st.integers(schema.get("minimum", 0), schema.get("maximum", 2**31)),
    "number": lambda _schema, _: st.floats(0, 1e6),
    "boolean": lambda _schema, _: st.booleans(),
    "null": lambda _schema, _: st.none(),
}
