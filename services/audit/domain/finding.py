"""By what a line is found: members of its own, so that whoever doubts an answer can write them anew from the lines."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.audit.domain.headers import STATION_SOURCE

STATION = re.compile(r"/stations/[^/]+/(?P<code>[^/]+)")
AS_THEY_STAND = ("id", "type", "op", "who", "to")


def found_by(leaf: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside a line to find it: nothing that the line itself does not say, and no member that is null."""
    members = {name: leaf[name] for name in AS_THEY_STAND} | {"station": station_of(leaf)}
    return {"at": datetime.fromisoformat(leaf["time"])} | {name: value for name, value in members.items() if value}


def station_of(leaf: Mapping[str, Any]) -> str | None:
    """The code of the station that speaks, or of which it is spoken."""
    source, type_ = leaf["source"] or "", leaf["type"] or ""
    if STATION_SOURCE.fullmatch(source) and (match := STATION.fullmatch(source)):
        return match["code"]
    is_about = type_ in ("station.registered.v1", "station.closed.v1", "station.presence-published.v1")
    return leaf["subject"] if is_about else None
