"""Who stands behind an entry of the roster: how they sign in, and how they are told. That decides who sees whom."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.coordination import Owner
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Iscg, Post
from services.referral.domain.roster import Entry
from shared.contracts.fields import Block
from shared.contracts.vocabulary import RosterReason

DigestOf = Callable[[str], str]
"""A keyed digest: addresses can be compared by it, and guessed by nobody without the key."""
TOLD_BY = {"channels", "language", "quiet", "on_call"}


class Changing(NamedTuple):
    """Why the roster changes, and the digest by which addresses stand in the log."""

    reason: RosterReason
    digest_of: DigestOf


class Subject(Block):
    """By which opaque id somebody of the roster signs in, for good."""

    authid: UUID


class OtherSubject(Exception):
    """An id of the roster belongs to somebody who signs in otherwise: that changes alone, for the reason `sign-in`."""


class SignInNotAlone(Exception):
    """For the reason `sign-in` nothing changes but how somebody signs in."""


class Holder(NamedTuple):
    """Who stands behind an entry."""

    who: Iscg | Owner | Partner

    @property
    def key(self) -> str:
        """By what they are known among all of the roster."""
        return f"{type(self.who).__name__.lower()} {self.who.id}"

    @property
    def authid(self) -> UUID | None:
        """By which opaque id they sign in, if they do."""
        return self.who.authid

    def reached(self, digest_of: DigestOf) -> str:
        """A digest of all the ways by which they are told."""
        return digest_of(self.who.model_dump_json(include=TOLD_BY))

    def is_as(self, other: "Holder | None") -> bool:
        """Whether it is the same one, who signs in and is told in the same way."""
        return other is not None and self._access == other._access

    @property
    def _access(self) -> object:
        return self.key, self.authid, self.who.model_dump(include=TOLD_BY)


def holder_of(entry: Entry | None) -> Holder | None:
    """Who stands behind an entry, if somebody does."""
    match entry:
        case Post() if entry.iscg:
            return Holder(entry.iscg)
        case Owner() | Partner():
            return Holder(entry)
        case _:
            return None


def check_subject(before: Entry | None, after: Entry, known: UUID | None, reason: RosterReason) -> None:
    """Check that an id stays with whoever had it: `known` is how they sign in. Raises `OtherSubject`, `SignInNotAlone`.

    How somebody signs in changes alone, and for a reason of its own.
    """
    holder = holder_of(after)
    if reason is RosterReason.SIGN_IN:
        if holder is None or before is None or _without_sign_in(before) != _without_sign_in(after):
            raise SignInNotAlone
    elif holder and known and holder.authid != known:
        raise OtherSubject


def _without_sign_in(entry: Entry) -> object:
    members = entry.model_dump(exclude={"authid"})
    return {name: _without(value) if name == "iscg" else value for name, value in members.items()}


def _without(iscg: dict[str, object] | None) -> object:
    return iscg and {name: value for name, value in iscg.items() if name != "authid"}
