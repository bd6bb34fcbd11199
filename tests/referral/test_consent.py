"""Who may be told of a person."""

from datetime import date, timedelta

import pytest

from services.referral.domain.consent import may_be_told
from services.referral.domain.partners import partners_to_tell
from shared.contracts.vocabulary import ConsentAnswer, LegalGround, PartnerType
from tests.referral.builders import MONDAY, a_file, a_partner

TODAY = MONDAY.date()

CIDFF, SIAO, CRIP = PartnerType.CIDFF, PartnerType.SIAO, PartnerType.CRIP


def test_a_partner_is_told_where_the_person_agreed_to_this_type() -> None:
    file = a_file(agreed={CIDFF: ConsentAnswer.GIVEN})
    assert may_be_told(file, CIDFF, TODAY)
    assert not may_be_told(file, SIAO, TODAY)


@pytest.mark.parametrize("answer", [ConsentAnswer.REFUSED, ConsentAnswer.NOT_ASKED])
def test_no_partner_is_told_without_a_yes(answer: ConsentAnswer) -> None:
    assert not may_be_told(a_file(agreed={CIDFF: answer}), CIDFF, TODAY)


def test_a_fitting_legal_ground_stands_in_for_a_yes() -> None:
    file = a_file(agreed={CRIP: ConsentAnswer.REFUSED}, ground=LegalGround.MINOR_IN_DANGER)
    assert may_be_told(file, CRIP, TODAY)
    assert not may_be_told(file, CIDFF, TODAY)


def test_an_agreement_holds_to_the_end_of_its_last_day() -> None:
    file = a_file(agreed={CIDFF: ConsentAnswer.GIVEN}, until=date(2026, 11, 23))
    assert may_be_told(file, CIDFF, TODAY)
    assert not may_be_told(file, CIDFF, TODAY + timedelta(days=1))


def test_only_partners_that_were_asked_for_are_told() -> None:
    file = a_file(asked=(SIAO, SIAO), agreed={CIDFF: ConsentAnswer.GIVEN, SIAO: ConsentAnswer.GIVEN})
    directory = [a_partner(CIDFF, "partner-1"), a_partner(SIAO, "partner-2"), a_partner(SIAO, "partner-3")]
    assert [each.id for each in partners_to_tell(file, directory, TODAY)] == ["partner-2"]


def test_a_type_without_a_partner_in_the_departement_is_not_told() -> None:
    file = a_file(asked=(SIAO,), agreed={SIAO: ConsentAnswer.GIVEN})
    assert partners_to_tell(file, [a_partner(CIDFF)], TODAY) == ()
