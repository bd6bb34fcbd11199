"""Tableau de service as a whole: what a département hands over to be loaded, checked before anything is kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self
from uuid import UUID

from pydantic import model_validator

from services.referral.domain.partners import Partner
from services.referral.domain.roster import Coordinator, Post
from shared.contracts.fields import Block

SUBJECT = "signs_in_as"


class Directory(Block):
    """Posts, coordinators and partners that belong together."""

    posts: tuple[Post, ...]
    coordinators: tuple[Coordinator, ...]
    partners: tuple[Partner, ...] = ()

    @model_validator(mode="after")
    def check_whole(self) -> Self:
        """Every post has a coordinator, nothing stands twice, and no partner's id tells its type."""
        coordinated = [each.departement for each in self.coordinators]
        if {post.departement for post in self.posts} - set(coordinated):
            raise ValueError("a departement has posts and no coordinator")
        if _repeated([*coordinated, *(post.id for post in self.posts), *(each.id for each in self.partners)]):
            raise ValueError("an id or a coordinator's departement stands twice")
        if any(partner.type.value in partner.id.lower() for partner in self.partners):
            raise ValueError("a partner's id tells its type")
        return self


def read_directory(members: Mapping[str, Any], authid_of: Callable[[str], UUID]) -> Directory:
    """The directory in a file, where people are named by the subject with which they sign in.

    Raises pydantic's `ValidationError`, without what was given.
    """
    bound = {name: [_bind(each, authid_of) for each in entries] for name, entries in members.items()}
    return Directory.model_validate(bound)


def _bind(entry: Mapping[str, Any], authid_of: Callable[[str], UUID]) -> dict[str, Any]:
    members = dict(entry)
    subject = members.pop(SUBJECT, None)
    return members if subject is None else members | {"authid": authid_of(str(subject))}


def _repeated(ids: Iterable[str]) -> bool:
    return any(times > 1 for times in Counter(ids).values())
