"""The doors to the roster: for coordinators their posts, absences and handovers; for those who count, the coverage."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.referral.acts.coordinating import coordinated_post, hand_over, set_absences
from services.referral.acts.once import Command
from services.referral.covering import read_coverage
from services.referral.domain.coverage import Coverage
from services.referral.domain.posts import Absence, Post
from services.referral.domain.terms import Terms
from services.referral.http.commanding import AboutPost
from services.referral.http.performing import perform
from services.referral.moving import move_cases_of
from services.referral.presences import publish_presences_of
from services.referral.store import POSTS, Answer
from shared.contracts.fields import Block
from shared.contracts.forms import Day, OpaqueCode, Several
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.doors import Who
from shared.web.preconditions import IdempotencyKey, etag


class Absences(Block):
    """When whoever fills a post is away: all of it."""

    absences: Several[Absence]


class Handover(Block):
    """To which post all open cases go."""

    to: OpaqueCode


class HandedOver(Block):
    """What stayed: cases that this ISCG has declined, or the other side of which she holds."""

    kept: tuple[UUID, ...]


def roster_doors(delivery: Delivery, terms: Terms) -> APIRouter:
    """The doors to posts, and to what is counted of them."""
    router = APIRouter(prefix="/v1", tags=["roster"])

    @router.get("/posts/{post_id}")
    async def read_post(post_id: OpaqueCode, who: Who, answer: Response) -> dict[str, object]:
        """Read a post of one's département, with its absences, and without the ways to tell its ISCG."""

        def look(work: Work) -> tuple[Post, int]:
            return coordinated_post(post_id, who.authid, work), work.version(POSTS, post_id)

        post, version = await perform(delivery, (POSTS, post_id), who.authid, look)
        answer.headers["ETag"] = etag(version)
        return post.model_dump(mode="json", exclude={"iscg": {"channels", "authid", "language"}})

    @router.put("/posts/{post_id}/absences")
    async def put_absences(command: AboutPost, asked: Absences, answer: Response) -> Absences:
        """Say when whoever fills a post is away. What she has not accepted goes to others at once."""

        def step(work: Work) -> int:
            return set_absences(command, asked.absences, work).version

        post_id = str(command.subject)
        answer.headers["ETag"] = etag(await perform(delivery, (POSTS, post_id), command.by, step))
        await move_cases_of(delivery, terms, post_id)
        await publish_presences_of(delivery, post_id)
        return asked

    @router.post("/posts/{post_id}/handover")
    async def hand_all_over(post_id: OpaqueCode, asked: Handover, who: Who, key: IdempotencyKey) -> HandedOver:
        """Hand the open cases of a post to another one, whose ISCG has to accept each."""

        def step(work: Work) -> Answer:
            return hand_over(Command(post_id, who.authid, 0, key), asked.to, work, terms)

        return HandedOver(kept=(await perform(delivery, (POSTS, post_id), who.authid, step)).kept)

    @router.get("/coverage")
    async def read_covered(
        on: Annotated[Day | None, Query(description="the day to look at; today if absent")] = None,
        since: Annotated[Day | None, Query(description="an earlier day to compare with")] = None,
    ) -> list[Coverage]:
        """Read how many posts each département has and how many are filled, against the goal of two."""
        return list(await read_coverage(delivery.database, on or delivery.clock.now().date(), since))

    return router
