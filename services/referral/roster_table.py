"""Reads posts from a table with one presence a line: a post with several presences stands on several lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.files.faults import Mark, MarksOf, Place, UnusableFile, either
from shared.files.table import Row, read_table

SUBJECT = "signs_in_as"
POST = {
    "id": "post",
    **{name: name for name in ("departement", "employer", "force", "share", "ceiling", "since", "until")},
}
ISCG = {"id": "iscg", "authid": SUBJECT, "since": "iscg_since", "speaks": "speaks", "channels": "email"}
PRESENCE = {"station": "station", "zone": "zone"}
HOURS = {"day": "days", "from": "from", "to": "to"}
"""The column of each member."""
COLUMNS = tuple(column for members in (POST, ISCG, PRESENCE, HOURS) for column in members.values())
OF_A_POST = (*POST.values(), *ISCG.values())


def read_posts(text: str) -> tuple[Mapping[str, Any], MarksOf]:
    """The posts of a table, and where each of their members stands. Raises `UnusableFile`."""
    lines_of = dict[str, list[Row]]()
    for row in read_table(text, COLUMNS):
        lines_of.setdefault(row["post"], []).append(row)
    if faults := [fault for rows in lines_of.values() for fault in _contradictions(rows)]:
        raise UnusableFile(faults)
    marks = dict[Place, Mark]()
    posts = [_post(("posts", n), rows, marks) for n, rows in enumerate(lines_of.values())]
    return {"posts": posts}, lambda: marks


def _contradictions(rows: Sequence[Row]) -> list[str]:
    """Where a post is told otherwise than on its first line."""
    first = rows[0]
    return [
        f"{row.mark(column)}: {column}: "
        + either(f"is told otherwise than on line {first.line}", f"diffère de la ligne {first.line}")
        for row in rows[1:]
        for column in OF_A_POST
        if row[column] != first[column]
    ]


def _post(place: Place, rows: Sequence[Row], marks: dict[Place, Mark]) -> dict[str, Any]:
    first = rows[0]
    _mark(place, POST, first, marks)
    told = {member: first[column] for member, column in POST.items() if first[column]}
    numbers = {name: int(first[name]) for name in ("share", "ceiling") if first[name].isdecimal()}
    post = {"id": first["post"], **told, **numbers, "presences": _presences((*place, "presences"), rows, marks)}
    return post | ({"iscg": _iscg((*place, "iscg"), first, marks)} if first["iscg"] else {})


def _iscg(place: Place, row: Row, marks: dict[Place, Mark]) -> dict[str, Any]:
    _mark(place, ISCG, row, marks)
    told = {"since": row["iscg_since"], "speaks": row["speaks"].split(), SUBJECT: row[SUBJECT]}
    channels = [{"channel": "email", "value": row["email"]}]
    return {"id": row["iscg"], "channels": channels, **{name: value for name, value in told.items() if value}}


def _presences(place: Place, rows: Sequence[Row], marks: dict[Place, Mark]) -> list[dict[str, Any]]:
    """One presence a station: it may stand on several lines, with other hours on each."""
    stations = dict[tuple[str, str], dict[str, Any]]()
    for row in rows:
        if not row["station"]:
            continue
        key = (row["station"], row["zone"])
        presence = stations.setdefault(key, {"station": key[0], "zone": key[1], "hours": []})
        here = (*place, list(stations).index(key))
        _mark(here, PRESENCE, row, marks)
        for day in row["days"].split():
            _mark((*here, "hours", len(presence["hours"])), HOURS, row, marks)
            presence["hours"].append({"day": day, "from": row["from"], "to": row["to"]})
    return list(stations.values())


def _mark(place: Place, members: Mapping[str, str], row: Row, marks: dict[Place, Mark]) -> None:
    marks.setdefault(place, Mark(row.line, 1))
    for member, column in members.items():
        marks.setdefault((*place, member), row.mark(column))
