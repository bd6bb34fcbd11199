"""The spans that the services of a house have written, and what must hold of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import orjson

from shared.watch.traces import ROOTS, Step

NAME = re.compile(rf"({'|'.join(get_args(Step))}) ([a-z0-9.-]+|(GET|POST|PUT|PATCH|DELETE) /[a-z0-9{{}}_./:-]*)")
UNNAMED = "decide act"
"""The root of a trace that began because nobody had opened a span."""
OF_A_REQUEST = {"http.request.method", "http.route", "http.response.status_code"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Span:
    """One finished span."""

    service: str
    name: str
    trace: str
    id: str
    parent: str | None
    links: tuple[str, ...]
    attributes: dict[str, str | int]


def read_spans(file: Path) -> dict[str, Span]:
    """Every span of a file, by its id. A line that is being written is left out."""
    lines = file.read_bytes().splitlines(keepends=True)
    found = [_span(orjson.loads(line)) for line in lines if line.endswith(b"\n")]
    return {span.id: span for span in found}


def way_up(span: Span, spans: dict[str, Span]) -> list[str]:
    """The names from the root of its trace down to a span; the root is `?` where a parent is missing."""
    way = [span.name]
    while span.parent:
        if span.parent not in spans:
            return ["?", *way]
        span = spans[span.parent]
        way.insert(0, span.name)
    return way


def span_faults(spans: dict[str, Span]) -> Iterator[str]:
    """What breaks the law of spans: a known name, a parent in the same trace or a named root, ids and no more."""
    for span in spans.values():
        parent = spans.get(span.parent or "")
        if NAME.fullmatch(span.name) is None or UUID.search(span.name):
            yield f"{span.name}: not a name of ours"
        if span.parent and parent is None:
            yield f"{span.name}: its parent is missing"
        if parent and parent.trace != span.trace:
            yield f"{span.name}: its parent is of another trace"
        if span.parent is None and (span.name.split()[0] not in ROOTS or span.name == UNNAMED):
            yield f"{span.name}: no trace begins so"
        for key, value in span.attributes.items():
            if key.startswith("relais.") == (UUID.fullmatch(str(value)) is None):
                yield f"{span.name}: {key} is no id"
            if not key.startswith("relais.") and key not in OF_A_REQUEST:
                yield f"{span.name}: {key} is not known"


def untraced(headers: Iterable[dict[str, str]], spans: dict[str, Span]) -> Sequence[str]:
    """The types of events whose trace leads to no span."""
    found = []
    for each in headers:
        parts = each.get("traceparent", "---").split("-")
        if parts[2] not in spans or spans[parts[2]].trace != parts[1]:
            found.append(each["ce_type"])
    return found


def _span(line: dict[str, Any]) -> Span:
    context = line["context"]
    return Span(
        service=line["resource"]["attributes"]["service.name"],
        name=line["name"],
        trace=context["trace_id"].removeprefix("0x"),
        id=context["span_id"].removeprefix("0x"),
        parent=line["parent_id"] and line["parent_id"].removeprefix("0x"),
        links=tuple(link["context"]["trace_id"].removeprefix("0x") for link in line["links"]),
        attributes=line["attributes"],
    )
