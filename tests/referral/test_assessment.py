"""Who could help, and why; who was asked already is not proposed again."""

from datetime import timedelta

import pytest

from services.referral.domain.assessment import FOR_CATEGORIES, FOR_NEEDS, GRAVE_DANGER, Proposal, proposals
from services.referral.domain.partners import Partner, in_order, partners_to_tell
from services.referral.domain.periods import Period
from shared.contracts.report import CaseFile, DangerGrid
from shared.contracts.vocabulary import Category, ConsentAnswer, Need, PartnerType
from tests.referral.builders import MONDAY, a_file, a_partner

TODAY = MONDAY.date()

CIDFF, SIAO = PartnerType.CIDFF, PartnerType.SIAO
DIRECTORY = (a_partner(CIDFF, "partner-b"), a_partner(CIDFF, "partner-a"), a_partner(SIAO, "partner-c"))


def nobody(_: Partner) -> bool:
    return False


def proposed(
    *needs: Need, file: CaseFile | None = None, directory: tuple[Partner, ...] = DIRECTORY, asked: tuple[str, ...] = ()
) -> dict[PartnerType, Proposal]:
    found = proposals(file or a_file(), needs, in_order(directory, MONDAY.date(), nobody), asked, TODAY)
    return {each.partner_type: each for each in found}


def test_every_need_has_somebody_who_could_help() -> None:
    assert set(FOR_NEEDS) == set(Need)
    assert set(FOR_CATEGORIES) <= set(Category)


def test_a_need_proposes_a_kind_of_partner_and_says_why() -> None:
    found = proposed(Need.SHELTER)
    assert (found[SIAO].because, found[SIAO].partners) == (("shelter",), ("partner-c",))
    assert found[CIDFF].because == ("violence-in-couple",)


def test_whether_a_partner_may_be_told_is_said_beside() -> None:
    assert not proposed()[CIDFF].may_be_told
    assert proposed(file=a_file(agreed={CIDFF: ConsentAnswer.GIVEN}))[CIDFF].may_be_told


def test_who_was_asked_is_not_proposed_again_and_the_next_one_is() -> None:
    assert proposed()[CIDFF].partners == ("partner-a", "partner-b")
    assert proposed(asked=("partner-a",))[CIDFF].partners == ("partner-b",)


def test_who_is_listed_no_longer_is_not_proposed() -> None:
    gone = a_partner(CIDFF, "partner-a").model_copy(update={"until": (MONDAY - timedelta(days=1)).date()})
    assert proposed(directory=(gone,))[CIDFF].partners == ()


@pytest.mark.parametrize(("yes", "is_proposed"), [(12, True), (11, False)])
def test_a_characterised_danger_proposes_a_request_to_the_prosecutor(yes: int, is_proposed: bool) -> None:
    file = a_file().model_copy(update={"danger_grid": DangerGrid(version="2019-11", yes=yes, red=0)})
    found = proposed(file=file)
    assert (PartnerType.PARQUET in found) is is_proposed
    if is_proposed:
        assert found[PartnerType.PARQUET].because == (GRAVE_DANGER,)


def test_who_is_closed_today_is_proposed_last_and_not_asked_where_another_is_open() -> None:
    closed = Period(first_day=MONDAY.date(), last_day=MONDAY.date())
    shut = a_partner(PartnerType.CIDFF, "partner-a1").model_copy(update={"closed": (closed,)})
    there = a_partner(PartnerType.CIDFF, "partner-b2")
    today = in_order([shut, there], MONDAY.date(), nobody)
    tomorrow = in_order([shut, there], MONDAY.date() + timedelta(days=1), nobody)
    assert [each.id for each in today] == ["partner-b2", "partner-a1"]
    assert [each.id for each in tomorrow] == ["partner-a1", "partner-b2"]
    file = a_file((PartnerType.CIDFF,), {PartnerType.CIDFF: ConsentAnswer.GIVEN})
    assert [each.id for each in partners_to_tell(file, today, TODAY)] == ["partner-b2"]
    assert [each.id for each in partners_to_tell(file, [shut], TODAY)] == ["partner-a1"]


def test_who_is_full_is_asked_only_where_nobody_else_could_help_and_before_whoever_is_not_there() -> None:
    closed = Period(first_day=MONDAY.date(), last_day=MONDAY.date())
    full, there, shut = (a_partner(PartnerType.CIDFF, f"partner-{n}") for n in "abc")
    shut = shut.model_copy(update={"closed": (closed,)})
    found = in_order([shut, full, there], MONDAY.date(), lambda each: each.id == full.id)
    assert [each.id for each in found] == ["partner-b", "partner-a", "partner-c"]
