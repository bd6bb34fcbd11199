"""Whatever decides who sees a case or hears of it stands in the log, and whoever had it before is told of a swap."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.referral.acts.once import Command
from services.referral.acts.posts import keep_post
from services.referral.acts.rostering import keep, place_of
from services.referral.domain.coordination import Fallback
from services.referral.domain.holders import OtherSubject, SignInNotAlone
from services.referral.domain.posts import Post
from services.referral.domain.roster import Entry
from shared.contracts.blocks import Channel
from shared.contracts.events import AccessChanged, PostChanged
from shared.contracts.ids import NAMESPACE
from shared.contracts.vocabulary import NoticeChannel, PartnerType, RosterReason
from tests.referral.builders import COORDINATOR_ID, Desk, a_change, a_channel, a_coordinator, a_partner, a_post, an_iscg

HERS, ANOTHERS = an_iscg("iscg-1").authid, uuid5(NAMESPACE, "a friend of the coordinator")
SIGN_IN = RosterReason.SIGN_IN
NUMBER = (Channel(channel=NoticeChannel.SMS, value="+33639980077"),)


def signing_in_as(authid: UUID, **changes: Any) -> Post:
    return a_post("post-1", iscg=an_iscg("iscg-1").model_copy(update={"authid": authid}), **changes)


def change(desk: Desk, post: Post, reason: RosterReason, key: str) -> None:
    version = desk.work().version(*place_of(post))
    command = Command(post.id, COORDINATOR_ID, version, key, post.model_dump_json())
    keep_post(command, lambda _before: post, a_change(reason), desk.work())


def test_a_subject_swapped_and_swapped_back_is_twice_in_the_log_and_told_twice() -> None:
    desk = Desk(a_post("post-1"))
    change(desk, signing_in_as(ANOTHERS), SIGN_IN, "key-1")
    change(desk, signing_in_as(HERS), SIGN_IN, "key-2")
    assert [each.iscg_subject for each in desk.said(PostChanged)] == [ANOTHERS, HERS]
    there, back = desk.said(AccessChanged)
    assert (there.subject_before, there.subject) == (HERS, ANOTHERS)
    assert (back.subject_before, back.subject) == (ANOTHERS, HERS)
    for each in (there, back):
        assert (each.reason, each.holder_id) == (SIGN_IN, "iscg-1")
        assert [told.ref for told in each.notify] == ["iscg-1", "coordinator-31"]
        assert each.notify[0].channels == a_channel("iscg-1")


@pytest.mark.parametrize("reason", set(RosterReason) - {SIGN_IN})
def test_an_id_belongs_to_one_subject_whatever_else_the_reason(reason: RosterReason) -> None:
    desk = Desk(a_post("post-1"))
    with pytest.raises(OtherSubject):
        change(desk, signing_in_as(ANOTHERS), reason, "key-1")
    assert not desk.said()


def test_an_id_belongs_to_its_subject_also_when_its_post_is_vacant_or_another() -> None:
    desk = Desk(a_post("post-1"))
    change(desk, a_post("post-1", share=80), RosterReason.REORGANISATION, "key-1")
    change(desk, a_post("post-1", iscg=None), RosterReason.DEPARTURE, "key-2")
    for post in (signing_in_as(ANOTHERS), signing_in_as(ANOTHERS).model_copy(update={"id": "post-2"})):
        with pytest.raises(OtherSubject):
            change(desk, post, RosterReason.ARRIVAL, f"key-{post.id}")
    change(desk, signing_in_as(HERS), RosterReason.ARRIVAL, "key-3")


@pytest.mark.parametrize(
    "changed",
    [
        signing_in_as(ANOTHERS, share=50),
        a_post("post-1", iscg=an_iscg("iscg-2")),
        a_post("post-1", iscg=None),
        a_post("post-9"),
    ],
)
def test_how_somebody_signs_in_changes_alone(changed: Post) -> None:
    desk = Desk(a_post("post-1"))
    with pytest.raises(SignInNotAlone):
        change(desk, changed, SIGN_IN, "key-1")
    assert not desk.said()


def reached_by_sms(entry: Any) -> Any:
    return entry.model_copy(update={"channels": NUMBER})


OWNER, PARTNER = a_coordinator(), a_partner(PartnerType.CIDFF)
NATIONAL = Fallback(id="national", authid=UUID(int=5), channels=a_channel("national"))
ACCESSES: tuple[tuple[str, Entry, Callable[[Any], Entry], list[str]], ...] = (
    (
        "the ways to an ISCG",
        a_post("post-1"),
        lambda post: post.model_copy(update={"iscg": reached_by_sms(post.iscg)}),
        ["iscg-1", "coordinator-31"],
    ),
    (
        "another ISCG",
        a_post("post-1"),
        lambda post: post.model_copy(update={"iscg": an_iscg("iscg-8")}),
        ["iscg-1", "coordinator-31"],
    ),
    ("the ways to a coordinator", OWNER, reached_by_sms, ["on-call-31", "coordinator-31"]),
    (
        "who is on call",
        OWNER,
        lambda owner: owner.model_copy(update={"on_call": None}),
        ["on-call-31", "coordinator-31"],
    ),
    ("the ways to the fallback", NATIONAL, reached_by_sms, ["national"]),
    ("a partner's addresses", PARTNER, reached_by_sms, ["coordinator-31"]),
)


@pytest.mark.parametrize(("before", "changed", "told"), [row[1:] for row in ACCESSES], ids=[row[0] for row in ACCESSES])
def test_whatever_decides_who_is_told_stands_in_the_event_by_digest_and_is_told_to_the_old_ways(
    before: Entry, changed: Callable[[Any], Entry], told: list[str]
) -> None:
    desk = Desk()
    desk.lay(*place_of(before), before)
    after = changed(before)
    keep(after, a_change(RosterReason.CORRECTION), desk.work())
    keep(before, a_change(RosterReason.CORRECTION), desk.work())
    [there, back] = desk.said(AccessChanged)
    assert [each.ref for each in there.notify] == told
    assert there.reached_before != there.reached and there.reached_before == back.reached
    first, second = (each for each in desk.said() if not isinstance(each, AccessChanged))
    assert (first.reached, second.reached) == (there.reached, back.reached)
    assert "+33639980077" not in str(each_in_clear(desk)) and "@" not in str(each_in_clear(desk))


def each_in_clear(desk: Desk) -> list[Any]:
    return [each.clear() for each in desk.said()]


def test_an_entry_that_changes_no_access_tells_nobody() -> None:
    desk = Desk(a_post("post-1"))
    change(desk, a_post("post-1", share=50), RosterReason.REORGANISATION, "key-1")
    assert not desk.said(AccessChanged)
