"""A coordinator opens, changes and ends the posts of her département, and nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.referral.acts.once import Command, KeyReused, StaleVersion
from services.referral.acts.posts import FillsAnother, NoSuchPost, end_post, keep_post
from services.referral.domain.posts import Absence, IscgIncomplete, Post
from services.referral.http.posts import IscgWanted, PostWanted
from services.referral.store import COORDINATORS, POSTS
from services.referral.views import FILLED_BY
from shared.contracts.events import PostChanged
from shared.contracts.vocabulary import RosterReason
from tests.referral.builders import COORDINATOR_ID, MONDAY, Desk, a_change, a_channel, a_coordinator, a_post, an_iscg

KEY, TODAY = "key-77", MONDAY.date()
OPENING, REASON = RosterReason.OPENING, RosterReason.REORGANISATION


def wanting(post: Post) -> Callable[[Post | None], Post]:
    return lambda _before: post


def keep(desk: Desk, post: Post, version: int = 0, by: UUID = COORDINATOR_ID, key: str = KEY) -> int:
    command = Command(post.id, by, version, key, post.model_dump_json())
    return keep_post(command, wanting(post), a_change(OPENING), desk.work()).version


def stands(desk: Desk, id_: str) -> Post:
    post = desk.work().get(POSTS, id_)
    assert post
    return post


def test_a_post_is_opened_on_version_0_once_and_is_a_line_of_the_log() -> None:
    desk = Desk()
    for _ in range(2):
        assert keep(desk, a_post("post-9")) == 1
    [changed] = desk.said(PostChanged)
    assert (changed.post_id, changed.reason, changed.iscg_id) == ("post-9", OPENING, "iscg-9")
    with pytest.raises(KeyReused):
        keep(desk, a_post("post-9", share=50))


def test_a_post_that_is_there_is_not_opened_again_and_not_changed_on_an_old_version() -> None:
    desk = Desk()
    keep(desk, a_post("post-9"))
    for version in (0, 7):
        with pytest.raises(StaleVersion):
            keep(desk, a_post("post-9", share=50), version, key=f"key-{78 + version}")


def test_nobody_opens_or_changes_a_post_of_another_departement_nor_moves_her_own_there() -> None:
    desk = Desk(a_post("post-1"))
    desk.lay(COORDINATORS, "09", a_coordinator(departement="09", authid=UUID(int=9)))
    with pytest.raises(NoSuchPost):
        keep(desk, a_post("post-9", departement="09"))
    with pytest.raises(NoSuchPost):
        keep(desk, a_post("post-1", departement="09"))
    with pytest.raises(NoSuchPost):
        keep(desk, a_post("post-1"), by=UUID(int=9))
    assert not desk.said()


def test_nobody_fills_two_posts_but_one_after_the_other() -> None:
    desk, filled = Desk(a_post("post-1")), a_post("post-9", iscg=an_iscg("iscg-1"))
    desk.lay(FILLED_BY, "iscg-1", (stands(desk, "post-1"),))
    with pytest.raises(FillsAnother):
        keep(desk, filled)
    desk.lay(FILLED_BY, "iscg-1", (stands(desk, "post-1").ended(TODAY),))
    keep(desk, filled)


def test_who_filled_it_before_and_who_is_away_stay_known() -> None:
    away = Absence(first_day=TODAY, last_day=TODAY + timedelta(days=3))
    desk = Desk(a_post("post-1", absences=(away,)))
    iscg = an_iscg("iscg-new")
    keep(desk, a_post("post-1").model_copy(update={"iscg": iscg, "absences": ()}))
    post = stands(desk, "post-1")
    assert (post.iscg, [each.iscg_id for each in post.past]) == (iscg, ["iscg-1"])


def test_a_post_that_ends_exists_to_the_day_before() -> None:
    desk = Desk(a_post("post-1"))
    end_post(Command("post-1", COORDINATOR_ID, 0, KEY, ""), a_change(REASON), desk.work())
    assert stands(desk, "post-1").until == TODAY - timedelta(days=1)
    [changed] = desk.said(PostChanged)
    assert changed.reason is REASON


def authid_of(subject: str) -> UUID:
    return UUID(int=len(subject))


def test_who_fills_a_post_already_stays_reachable_and_who_is_new_must_be() -> None:
    known, channels = an_iscg("iscg-1"), a_channel("new")
    assert IscgWanted(id="iscg-1", speaks=("fr", "ar")).filling(known, authid_of) == known.model_copy(
        update={"speaks": ("fr", "ar")}
    )
    with pytest.raises(IscgIncomplete):
        IscgWanted(id="iscg-2", channels=channels).filling(known, authid_of)
    filled = IscgWanted(id="iscg-2", channels=channels, signs_in_as="iscg-31-b").filling(known, authid_of)
    assert (filled.authid, filled.channels) == (authid_of("iscg-31-b"), channels)


def test_a_person_is_not_told_by_webhook() -> None:
    hook = {"channel": "webhook", "value": "https://iscg.example/x"}
    with pytest.raises(ValidationError, match="partners' software only"):
        IscgWanted.model_validate({"id": "iscg-2", "signs_in_as": "iscg-31-b", "channels": [hook]})


@pytest.mark.parametrize(("channel", "value"), [("email", "voir secretariat"), ("sms", "abc"), ("sms", "+33561000000")])
def test_an_address_at_which_nobody_can_be_told_fills_no_post(channel: str, value: str) -> None:
    way = {"channel": channel, "value": value}
    with pytest.raises(ValidationError, match="is expected"):
        IscgWanted.model_validate({"id": "iscg-2", "signs_in_as": "iscg-31-b", "channels": [way]})


def test_what_is_not_a_post_says_where_and_never_what() -> None:
    with pytest.raises(ValidationError) as refused:
        PostWanted.model_validate({"departement": "31", "reason": "opening", "share": 5, "name": "Odette Zyxwv"})
    assert {each["loc"] for each in refused.value.errors()} == {("share",), ("name",)}
    assert "Odette" not in str(refused.value)
