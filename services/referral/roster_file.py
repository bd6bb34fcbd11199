"""Reads a roster from a file that people keep: YAML or JSON as it stands, or CSV with one presence a line.

People are named in it by the subject with which they sign in (`signs_in_as`), never by the id that it becomes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.referral.domain.roster import Roster
from services.referral.roster_table import SUBJECT, read_posts
from shared.files.faults import MarksOf, UnusableFile, faults_of
from shared.files.text import is_table, read_text
from shared.files.tree import read_tree

AuthidOf = Callable[[str], UUID]


class UnusableRoster(UnusableFile):
    """The roster can't be used; nothing of it was kept. What is wrong, and where:"""


def read_roster_file(path: Path, authid_of: AuthidOf) -> Roster:
    """The whole roster. Raises `UnusableRoster`, which names every fault by its place."""
    try:
        text = read_text(path)
        members, marks_of = read_posts(text) if is_table(path) else read_tree(text, "`posts`")
    except UnusableFile as refusal:
        raise UnusableRoster(refusal.faults) from None
    return read_roster(members, authid_of, marks_of)


def read_roster(members: Mapping[str, Any], authid_of: AuthidOf, marks_of: MarksOf = dict) -> Roster:
    """A roster from its members. Raises `UnusableRoster`, without what was given."""
    try:
        return Roster.model_validate(_bound(members, authid_of))
    except ValidationError as error:
        raise UnusableRoster(faults_of(error, marks_of(), {"authid": SUBJECT})) from None


def _bound(members: Any, authid_of: AuthidOf) -> Any:
    """Wherever somebody signs in, the opaque id that it becomes."""
    if isinstance(members, Mapping):
        bound = {name: _bound(value, authid_of) for name, value in members.items() if name != SUBJECT}
        return bound | ({"authid": _id_of(members[SUBJECT], authid_of)} if SUBJECT in members else {})
    if isinstance(members, list):
        return [_bound(each, authid_of) for each in members]
    return members


def _id_of(subject: Any, authid_of: AuthidOf) -> Any:
    """What is no text, or empty, stays what no id can be: YAML makes another number of `0123456`."""
    is_subject = isinstance(subject, str) and subject.strip()
    return authid_of(subject) if is_subject else [subject]
