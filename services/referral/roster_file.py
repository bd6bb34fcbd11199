"""Reads a roster from a file that people keep: YAML or JSON as it stands, or CSV with one presence a line.

People are named in it by the subject with which they sign in (`signs_in_as`), never by the id that it becomes.
"""

import csv
import json
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
MarksOf = Callable[[], Mapping[Path_, Mark]]
"""Where each part of a file stands, computed only where something is wrong."""
_LOADER = yaml.CSafeLoader


def read_roster_file(path: Path, authid_of: AuthidOf) -> Roster:
    """The whole roster. Raises `UnusableRoster`, which names every fault by line and column."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableRoster([f"{path.name} can't be read as UTF-8 text ({type(error).__name__})"]) from None
    is_csv = path.suffix.lower() == ".csv"
    members, marks_of = _from_csv(text) if is_csv else _from_json(text) or _from_yaml(text)
    return read_roster(members, authid_of, marks_of)


def read_roster(members: Mapping[str, Any], authid_of: AuthidOf, marks_of: MarksOf = dict) -> Roster:
    """A roster from its members. Raises `UnusableRoster`, without what was given."""
    try:
        return Roster.model_validate(_bound(members, authid_of))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    marks = marks_of()
    raise UnusableRoster([_fault(each["loc"], each["msg"], marks) for each in found])


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


def _from_yaml(text: str) -> tuple[Mapping[str, Any], MarksOf]:
    """Its members, parsed once and by libyaml: a country's roster has half a million nodes."""
    loader = _LOADER(text)
    try:
        if alias := next((each for each in yaml.parse(text, _LOADER) if isinstance(each, yaml.AliasEvent)), None):
            raise UnusableRoster([f"{_where(alias.start_mark)}aliases are not read; write it out"])
        node = loader.get_single_node()
        twice = [f"{_mark(again)}: {name} stands twice" for name, again in _repeated(node)] if node else []
        members = loader.construct_document(node) if node else None
    except (RecursionError, ValueError, yaml.reader.ReaderError) as error:
        raise UnusableRoster([f"line 1: this can't be read as YAML ({type(error).__name__})"]) from None
    except yaml.MarkedYAMLError as error:
        raise UnusableRoster([f"{_where(error.problem_mark)}{error.problem}"]) from None
    if not isinstance(members, dict) or node is None:
        raise UnusableRoster(["line 1: a mapping with `posts` is expected"])
    if twice:
        raise UnusableRoster(twice)
    return members, lambda: dict(_marks(node, ()))


def _from_json(text: str) -> tuple[Mapping[str, Any], MarksOf] | None:
    """JSON, where it is that and nothing stands twice: read much faster. YAML tells what is wrong with all else."""
    try:
        members = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None

    def marks() -> Mapping[Path_, Mark]:
        return _from_yaml(text)[1]()

    return (members, marks) if isinstance(members, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) != len(pairs):
        raise ValueError
    return members


def _where(at: Any) -> str:
    return f"{Mark(at.line + 1, at.column + 1)}: " if at else ""


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _marks(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, Mark]]:
    yield path, _mark(node)
    for name, child in _children(node):
        yield from _marks(child, (*path, name))


def _repeated(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    """Each member that stands again in the same mapping, with its name."""
    seen = set[str | int]()
    for name, child in _children(node):
        if name in seen:
            yield name, child
        seen.add(name)
        yield from _repeated(child)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _from_csv(text: str) -> tuple[Mapping[str, Any], MarksOf]:
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
    numbers = dict[str, int]()
    for line, row in read:
        post = _post(row)
        known = posts.setdefault(row["post"], post)
        n = numbers.setdefault(row["post"], len(numbers))
        marks.setdefault(("posts", n), Mark(line, 1))
        if {**known, "presences": ()} != {**post, "presences": ()}:
            faults.append(f"line {line}: {row['post']} is told otherwise than on line {marks['posts', n].line}")
        if row["station"]:
            marks["posts", n, "presences", len(known["presences"])] = Mark(line, 1)
            known["presences"].append(_presence(row))
    if faults:
        raise UnusableRoster(faults)
    return {"posts": [_joined(post) for post in posts.values()]}, lambda: marks


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
