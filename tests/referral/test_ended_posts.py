"""Rights end with the post, at that moment: midnight where the post is."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo import AsyncMongoClient

from services.referral.acts.consulting import opened_case
from services.referral.acts.coordinating import hand_over, reassign
from services.referral.acts.finding import covered_case, held_case
from services.referral.acts.once import Command
from services.referral.acts.posts import UnusablePost
from services.referral.domain.case import NoSuchCase
from services.referral.domain.posts import Absence
from services.referral.handlers import on_report_accepted
from services.referral.store import CASES, POSTS
from services.referral.views import HELD_BY, POSTS_OF
from shared.delivery.cause import Cause
from shared.delivery.unit import Work
from tests.referral.builders import CASE, COORDINATOR_ID, MONDAY, TERMS, Desk, a_post, a_report
from tests.referral.doors import House, iscg_who, open_house

TODAY = MONDAY.date()
DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY
HOLDER, COVER, OTHER = (a_post(f"post-{n}").iscg for n in (1, 2, 3))
NUMEA = "988"
"""Eleven hours ahead: its Monday ends while Paris has Monday afternoon."""


def a_desk() -> Desk:
    """A case that post-1 holds, whose ISCG is away and covered by post-2; post-3 is nobody's cover."""
    desk = Desk(a_post("post-1"), a_post("post-2", since=TODAY), a_post("post-3", since=TODAY))
    on_report_accepted(a_report(), desk.work(), TERMS)
    away = Absence(first_day=YESTERDAY, last_day=TODAY + 30 * DAY, covered_by="post-2")
    change(desk, "post-1", absences=(away,))
    return desk


def change(desk: Desk, post_id: str, **changes: Any) -> None:
    post = desk.work().get(POSTS, post_id)
    assert post
    desk.lay(POSTS, post_id, post.model_copy(update=changes))


def at(desk: Desk, moment: datetime = MONDAY) -> Work:
    return desk.work(Cause(uuid4(), moment, str(CASE)))


def finds(find: Callable[[UUID, UUID, Work], object], desk: Desk, by: UUID, moment: datetime = MONDAY) -> bool:
    try:
        find(CASE, by, at(desk, moment))
    except NoSuchCase:
        return False
    return True


def test_rights_end_with_the_post_every_way_to_a_right() -> None:
    assert HOLDER and COVER
    ways = ((held_case, HOLDER, "post-1"), (held_case, COVER, "post-2"), (covered_case, COVER, "post-2"))
    for find, who, ended in ways:
        desk = a_desk()
        assert finds(find, desk, who.authid)
        change(desk, ended, until=YESTERDAY)
        assert not finds(find, desk, who.authid), (find, ended)
    for find in (held_case, covered_case):
        desk = a_desk()
        change(desk, "post-1", until=YESTERDAY)
        assert not finds(find, desk, COVER.authid), "the cover of a post that has ended"


def test_who_has_broken_the_glass_sees_nothing_once_her_post_has_ended() -> None:
    assert OTHER
    desk = a_desk()
    desk.lay(CASES, CASE, desk.case().broken(OTHER.authid, MONDAY + timedelta(hours=3)))
    for until, may_look in ((None, True), (YESTERDAY, False)):
        desk.lay(POSTS_OF, OTHER.authid, (a_post("post-3", until=until),))
        assert finds(opened_case, desk, OTHER.authid) is may_look


def test_nothing_is_given_to_a_post_that_has_ended() -> None:
    desk = a_desk()
    desk.lay(HELD_BY, "post-1", (str(CASE),))
    change(desk, "post-3", until=YESTERDAY)
    with pytest.raises(UnusablePost):
        reassign(Command(CASE, COORDINATOR_ID, 1, "one", ""), "post-3", None, at(desk), TERMS)
    with pytest.raises(UnusablePost):
        hand_over(Command("post-1", COORDINATOR_ID, 0, "two", ""), "post-3", at(desk), TERMS)


@pytest.fixture(scope="module")
async def house(mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[House]:
    async with open_house(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"]) as made:
        yield made


async def test_an_ended_post_lists_no_case_and_opens_no_identity(house: House) -> None:
    day = datetime.now(UTC).date()
    holder, cover = a_post("post-1", iscg=iscg_who("iscg-1")), a_post("post-2", iscg=iscg_who("iscg-2"), since=day)
    await house.put((POSTS, "post-1", holder), (POSTS, "post-2", cover))
    case = await house.a_case()
    away = (Absence(first_day=day - DAY, last_day=day + DAY, covered_by="post-2"),)
    holder = holder.model_copy(update={"absences": away})
    reason = {"purpose": "follow-up", "justification": "Prise de contact"}
    for ended, who in (("post-1", "iscg-1"), ("post-1", "iscg-2"), ("post-2", "iscg-2")):
        for until, many, status in ((None, 1, 201), (day - 2 * DAY, 0, 404)):
            posts = [each.model_copy(update={"until": until}) if each.id == ended else each for each in (holder, cover)]
            await house.put(*((POSTS, each.id, each) for each in posts))
            listed = await house.ask(who, "iscg", "GET /v1/cases")
            assert len(listed.json()["cases"]) == many, (ended, who, until)
            opened = await house.ask(who, "iscg", f"POST /v1/cases/{case.id}/openings", json=reason)
            assert opened.status_code == status, opened.text


@pytest.mark.parametrize(
    ("moment", "may_look"),
    [
        (datetime(2026, 11, 23, 12, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 13, 0, tzinfo=UTC), False),
    ],
)
def test_a_post_that_ends_today_gives_rights_until_midnight_where_it_is(moment: datetime, may_look: bool) -> None:
    assert HOLDER
    desk = a_desk()
    change(desk, "post-1", departement=NUMEA, until=date(2026, 11, 23))
    assert finds(held_case, desk, HOLDER.authid, moment) is may_look
