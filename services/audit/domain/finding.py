"""By what a line is found: members of its own, so that whoever doubts an answer can write them anew from the lines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.audit.domain.headers import STATION_SOURCE

OF_A_STATION = frozenset({"station.registered.v1", "station.closed.v1", "station.presence-published.v1"})
AS_THEY_STAND = ("id", "type", "op", "who", "to")


def found_by(leaf: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside a line to find it: nothing that the line itself does not say, and no member that is null."""
    found = {name: leaf[name] for name in AS_THEY_STAND if leaf[name]}
    found["at"] = datetime.fromisoformat(leaf["time"])
    if station := station_of(leaf):
        found["station"] = station
    return found


def station_of(leaf: Mapping[str, Any]) -> str | None:
    """The code of the station that speaks, or of which it is spoken."""
    source: str = leaf["source"] or ""
    if source.startswith("/stations/") and STATION_SOURCE.fullmatch(source):
        return source.rpartition("/")[2]
    code: str | None = leaf["subject"] if leaf["type"] in OF_A_STATION else None
    return code
