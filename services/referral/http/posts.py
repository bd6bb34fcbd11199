"""The doors to posts: a coordinator lists, opens, changes and ends those of her département, and says who is away."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, field_validator

from services.referral.acts.agreeing import agree
from services.referral.acts.coordinating import hand_over
from services.referral.acts.once import Command
from services.referral.acts.posts import coordinated_post, end_post, keep_post, set_absences
from services.referral.changed_posts import ChangedPosts
from services.referral.domain.holders import Changing, DigestOf
from services.referral.domain.posts import Absence, Iscg, IscgIncomplete, Post, PostSheet
from services.referral.domain.terms import Terms
from services.referral.http.commanding import AboutPost
from services.referral.http.performing import perform
from services.referral.listing import count_unaccepted, posts_of_coordinator
from services.referral.presences import stations_of
from services.referral.store import POSTS, STATIONS, Answer
from shared.contracts.blocks import Channel, Quiet
from shared.contracts.fields import Block
from shared.contracts.forms import Day, OpaqueCode, Several, StationCode
from shared.contracts.person import Language
from shared.contracts.reachable import address_fault
from shared.contracts.vocabulary import NoticeChannel, RosterReason
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.away import refusals
from shared.web.doors import Caller, Who
from shared.web.preconditions import Idempotent, etag

AuthidOf = Callable[[str], UUID]


class Ids(NamedTuple):
    """By which opaque id somebody who signs in is known, and by which digest addresses stand in the log."""

    authid_of: AuthidOf
    digest_of: DigestOf


class IscgWanted(Block):
    """Who is to fill a post. Of whoever fills it already, what is left out stays as it is."""

    id: OpaqueCode
    since: Day | None = None
    speaks: Several[Language] = ("fr",)
    signs_in_as: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] | None = None
    language: Language | None = None
    quiet: Quiet | None = None

    @field_validator("channels")
    @classmethod
    def check_channels(cls, channels: tuple[Channel, ...] | None) -> tuple[Channel, ...] | None:
        """A webhook is for partners' software, and a mistyped address reaches nobody: they would not be told."""
        if any(each.channel is NoticeChannel.WEBHOOK for each in channels or ()):
            raise ValueError("a webhook is for partners' software only")
        if fault := next(
            (found for each in channels or () if (found := address_fault(each.channel, each.value))), None
        ):
            raise ValueError(fault)
        return channels

    def filling(self, before: Iscg | None, authid_of: AuthidOf) -> Iscg:
        """Who fills it. Raises `IscgIncomplete`."""
        known = (
            before.model_dump(include={"authid", "channels", "language", "quiet"})
            if before and before.id == self.id
            else {}
        )
        told = self.model_dump(exclude={"signs_in_as"}, exclude_none=True)
        signs_in = {"authid": authid_of(self.signs_in_as)} if self.signs_in_as else {}
        members = {**known, **told, **signs_in}
        if not {"authid", "channels"} <= set(members):
            raise IscgIncomplete
        return Iscg.model_validate(members)


class PostWanted(PostSheet):
    """A post as its coordinator wants it, and why. Without `iscg` it is vacant. Absences have a door of their own."""

    reason: RosterReason
    iscg: IscgWanted | None = None

    def as_post(self, id_: str, before: Post | None, authid_of: AuthidOf) -> Post:
        """The post. Raises `IscgIncomplete`."""
        sheet = {name: getattr(self, name) for name in PostSheet.model_fields}
        iscg = self.iscg.filling(before.iscg if before else None, authid_of) if self.iscg else None
        return Post(id=id_, iscg=iscg, **sheet)


class Absences(Block):
    """When whoever fills a post is away: all of it."""

    absences: Several[Absence]


class Handover(Block):
    """To which post all open cases go."""

    to: OpaqueCode


class HandedOver(Block):
    """What stayed: cases that this ISCG has declined, or the other side of which she holds."""

    kept: tuple[UUID, ...]


def post_doors(delivery: Delivery, terms: Terms, ids: Ids, changed: ChangedPosts) -> APIRouter:
    """The doors to posts."""
    router = APIRouter(prefix="/v1", tags=["roster"])

    async def change(command: Command, step: Callable[[Work], Answer], answer: Response) -> None:
        """Change a post. What that moves, and what stations are to know, follows after the answer."""
        post_id = str(command.subject)
        before = await stations_of(delivery, post_id)
        done = await perform(delivery, [(POSTS, post_id)], command.by, step)
        answer.headers["ETag"] = etag(done.version)
        changed.add(post_id, before)

    async def agree_to(post_id: str, station: str, reason: RosterReason, who: Caller, *, agreed: bool) -> None:
        step = partial(agree, post_id, station, who.authid, reason, agreed=agreed)
        await perform(delivery, [(POSTS, post_id), (STATIONS, station)], who.authid, step)
        changed.add(post_id, [station])

    @router.get("/posts")
    async def read_posts(who: Who) -> list[dict[str, object]]:
        """List the posts of one's départements, by id, each with the `version` that `If-Match` wants."""
        with refusals():
            found = await posts_of_coordinator(delivery.database, who.authid)
        return [{**_shown(post), "version": version} for post, version in found]

    @router.get("/posts/{post_id}")
    async def read_post(post_id: OpaqueCode, who: Who, answer: Response) -> dict[str, object]:
        """Read a post of one's département, with its absences, and without the ways to tell its ISCG.

        `unaccepted` is how many of its cases nobody has accepted: they move while she is away.
        """

        def look(work: Work) -> tuple[Post, int]:
            return coordinated_post(post_id, who.authid, work), work.version(POSTS, post_id)

        post, version = await perform(delivery, [(POSTS, post_id)], who.authid, look)
        answer.headers["ETag"] = etag(version)
        return {**_shown(post), "unaccepted": await count_unaccepted(delivery.database, post_id)}

    @router.put("/posts/{post_id}")
    async def put_post(command: AboutPost, asked: PostWanted, answer: Response) -> None:
        """Open a post, on version 0, or change it."""

        def step(work: Work) -> Answer:
            wanted = partial(asked.as_post, str(command.subject), authid_of=ids.authid_of)
            return keep_post(command, wanted, Changing(asked.reason, ids.digest_of), work)

        await change(command, step, answer)

    @router.delete("/posts/{post_id}")
    async def delete_post(command: AboutPost, reason: Annotated[RosterReason, Query()], answer: Response) -> None:
        """End a post today."""
        await change(command, partial(end_post, command, Changing(reason, ids.digest_of)), answer)

    @router.put("/posts/{post_id}/absences")
    async def put_absences(command: AboutPost, asked: Absences, answer: Response) -> Absences:
        """Say when whoever fills a post is away. What she has not accepted goes to others after the answer.

        How far that is can be read at the post (`unaccepted`).
        """
        await change(command, partial(set_absences, command, asked.absences, ids.digest_of), answer)
        return asked

    @router.put("/posts/{post_id}/agreements/{station}")
    async def put_agreement(
        post_id: OpaqueCode, station: StationCode, reason: Annotated[RosterReason, Query()], who: Who
    ) -> None:
        """Agree that a post of another département sits at a station of one's own."""
        await agree_to(post_id, station, reason, who, agreed=True)

    @router.delete("/posts/{post_id}/agreements/{station}")
    async def delete_agreement(
        post_id: OpaqueCode, station: StationCode, reason: Annotated[RosterReason, Query()], who: Who
    ) -> None:
        """Agree to it no longer: no case of the station goes to the post any more; what it holds stays with it."""
        await agree_to(post_id, station, reason, who, agreed=False)

    @router.post("/posts/{post_id}/handover")
    async def hand_all_over(post_id: OpaqueCode, asked: Handover, who: Who, request: Idempotent) -> HandedOver:
        """Hand the open cases of a post to another one, whose ISCG has to accept each."""

        def step(work: Work) -> Answer:
            return hand_over(Command(post_id, who.authid, 0, request.id, request.fingerprint), asked.to, work, terms)

        return HandedOver(kept=(await perform(delivery, [(POSTS, post_id)], who.authid, step)).kept)

    return router


def _shown(post: Post) -> dict[str, Any]:
    """How an ISCG is reached and signs in is shown to nobody."""
    return post.model_dump(mode="json", exclude={"iscg": {"channels", "authid", "language"}})
