"""The report from which every sample is made, and how it is changed."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

Json = dict[str, Any]
Change = Callable[[Json], None]
INSTALLED = Path(__file__).with_name("examples")
EXAMPLES = INSTALLED if INSTALLED.exists() else Path(__file__).parents[2] / "docs/stations/examples"


def example(name: str) -> Json:
    """One of the documented examples."""
    members: Json = orjson.loads((EXAMPLES / name).read_bytes())
    return members


def base(*changes: Change, of: str = "base", station: str = "GN-31-0412") -> Json:
    """The example report with its content in clear, under the id of what it is `of`, changed by each change."""
    report = example("report.json") | {"content": example("content.json"), "station": station}
    del report["sealed"]
    report["report_id"] = str(uuid5(NAMESPACE_URL, f"relais-kit/{of}"))
    for change in changes:
        change(report)
    return report


def put(path: str, value: Any) -> Change:
    """Put a value at a JSON pointer that leads there."""

    def change(report: Json) -> None:
        parent, last = _parent(report, path)
        parent[last] = deepcopy(value)

    return change


def drop(path: str) -> Change:
    """Leave a member out."""

    def change(report: Json) -> None:
        parent, last = _parent(report, path)
        del parent[last]

    return change


def _parent(report: Json, path: str) -> tuple[Any, Any]:
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")[1:]]
    parent: Any = report
    for step in way:
        parent = parent[step]
    return parent, last
