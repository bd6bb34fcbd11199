"""Reads a roster from a file that people keep: YAML or JSON as it stands, or CSV with one presence a line.

People are named in it by the subject with which they sign in (`signs_in_as`), never by the id that it becomes.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import yaml
from pydantic import ValidationError

from services.referral.domain.roster import Roster

SUBJECT = "signs_in_as"
POST = ("post", "departement", "employer", "force", "share", "ceiling", "since", "until")
ISCG = ("iscg", SUBJECT, "iscg_since", "speaks", "email")
PRESENCE = ("station", "zone", "days", "from", "to")
COLUMNS = (*POST, *ISCG, *PRESENCE)
MORE = "…"
AuthidOf = Callable[[str], UUID]


class UnusableRoster(Exception):
    """The roster can't be used; nothing of it was kept. What is wrong, and where:"""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")
        self.faults = faults


class Mark(NamedTuple):
    """A place in a file, from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


Path_ = tuple[str | int, ...]


def read_roster_file(path: Path, authid_of: AuthidOf) -> Roster:
    """The whole roster. Raises `UnusableRoster`, which names every fault by line and column."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableRoster([f"{path.name} can't be read as UTF-8 text ({type(error).__name__})"]) from None
    members, marks = _from_csv(text) if path.suffix.lower() == ".csv" else _from_yaml(text)
    return read_roster(members, authid_of, marks)


def read_roster(members: Mapping[str, Any], authid_of: AuthidOf, marks: Mapping[Path_, Mark] | None = None) -> Roster:
    """A roster from its members. Raises `UnusableRoster`, without what was given."""
    try:
        return Roster.model_validate(_bound(members, authid_of))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    raise UnusableRoster([_fault(each["loc"], each["msg"], marks or {}) for each in found])


def _bound(members: Any, authid_of: AuthidOf) -> Any:
    """Wherever somebody signs in, the opaque id that it becomes."""
    if isinstance(members, Mapping):
        bound = {name: _bound(value, authid_of) for name, value in members.items() if name != SUBJECT}
        return bound | ({"authid": authid_of(str(members[SUBJECT]))} if SUBJECT in members else {})
    if isinstance(members, list):
        return [_bound(each, authid_of) for each in members]
    return members


def _fault(place: Path_, what: str, marks: Mapping[Path_, Mark]) -> str:
    known = next((marks[place[:n]] for n in range(len(place), -1, -1) if place[:n] in marks), None)
    name = "/".join(map(str, place)).replace("authid", SUBJECT)
    return f"{known}: /{name}: {what}" if known else f"/{name}: {what}"


def _from_yaml(text: str) -> tuple[Mapping[str, Any], Mapping[Path_, Mark]]:
    try:
        if alias := next((each for each in yaml.parse(text) if isinstance(each, yaml.AliasEvent)), None):
            raise UnusableRoster([f"{_where(alias.start_mark)}aliases are not read; write it out"])
        node = yaml.compose(text, yaml.SafeLoader)
        members = yaml.safe_load(text)
    except (RecursionError, yaml.reader.ReaderError) as error:
        raise UnusableRoster([f"line 1: this can't be read as YAML ({type(error).__name__})"]) from None
    except yaml.MarkedYAMLError as error:
        raise UnusableRoster([f"{_where(error.problem_mark)}{error.problem}"]) from None
    if not isinstance(members, dict) or node is None:
        raise UnusableRoster(["line 1: a mapping with `posts` is expected"])
    marks = dict(_marks(node, ()))
    if twice := [f"{marks[path]}: {path[-1]} stands twice" for path in _repeated(node, ())]:
        raise UnusableRoster(twice)
    return members, marks


def _where(at: Any) -> str:
    return f"{Mark(at.line + 1, at.column + 1)}: " if at else ""


def _marks(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, Mark]]:
    yield path, Mark(node.start_mark.line + 1, node.start_mark.column + 1)
    for name, child in _children(node):
        yield from _marks(child, (*path, name))


def _repeated(node: yaml.Node, path: Path_) -> Iterator[Path_]:
    seen = set[str | int]()
    for name, child in _children(node):
        if name in seen:
            yield (*path, name)
        seen.add(name)
        yield from _repeated(child, (*path, name))


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _from_csv(text: str) -> tuple[Mapping[str, Any], Mapping[Path_, Mark]]:
    rows = csv.DictReader(text.splitlines(), strict=True, restval="", restkey=MORE)
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise UnusableRoster([f"line 1: no column {name}" for name in missing])
    try:
        read = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise UnusableRoster([f"line {rows.line_num}: {error}"]) from None
    if longer := [f"line {line}: more columns than line 1 names" for line, row in read if MORE in row]:
        raise UnusableRoster(longer)
    posts, marks, faults = dict[str, Any](), dict[Path_, Mark](), list[str]()
    for line, row in read:
        post = _post(row)
        known = posts.setdefault(row["post"], post)
        n = list(posts).index(row["post"])
        marks.setdefault(("posts", n), Mark(line, 1))
        if {**known, "presences": ()} != {**post, "presences": ()}:
            faults.append(f"line {line}: {row['post']} is told otherwise than on line {marks['posts', n].line}")
        if row["station"]:
            marks["posts", n, "presences", len(known["presences"])] = Mark(line, 1)
            known["presences"].append(_presence(row))
    if faults:
        raise UnusableRoster(faults)
    return {"posts": [_joined(post) for post in posts.values()]}, marks


def _post(row: Mapping[str, str]) -> dict[str, Any]:
    told = {name: row[name] for name in POST[1:] if row[name]}
    numbers = {name: int(row[name]) for name in ("share", "ceiling") if row[name].isdecimal()}
    post = {"id": row["post"], **told, **numbers, "presences": []}
    return post | ({"iscg": _iscg(row)} if row["iscg"] else {})


def _iscg(row: Mapping[str, str]) -> dict[str, Any]:
    told = {"since": row["iscg_since"], "speaks": row["speaks"].split(), SUBJECT: row[SUBJECT]}
    channels = [{"channel": "email", "value": row["email"]}]
    return {"id": row["iscg"], "channels": channels, **{name: value for name, value in told.items() if value}}


def _presence(row: Mapping[str, str]) -> dict[str, Any]:
    hours = [{"day": day, "from": row["from"], "to": row["to"]} for day in row["days"].split()]
    return {"station": row["station"], "zone": row["zone"], "hours": hours}


def _joined(post: dict[str, Any]) -> dict[str, Any]:
    """One presence a station: a station may stand on several lines, with other hours on each."""
    stations = dict[tuple[str, str], dict[str, Any]]()
    for each in post["presences"]:
        known = stations.setdefault((each["station"], each["zone"]), each | {"hours": []})
        known["hours"] = [*known["hours"], *each["hours"]]
    return {**post, "presences": list(stations.values())}
