"""What a station says anew beside what the ISCG has noted: shown to her, and never decided for her."""

from services.referral.domain.conflicts import Conflict, conflicts
from services.referral.handlers import on_report_corrected
from services.referral.store import DOSSIERS
from shared.contracts.events import CaseCorrected, ReportCorrected
from shared.contracts.vocabulary import ConsentAnswer, Need, PartnerType, RecipientRole
from tests.referral.builders import CASE, TERMS, Desk, a_file, a_report
from tests.referral.test_consenting import CIDFF, GIVEN, REFUSED, a_consent, agreeing, collect, held

SIAO = PartnerType.SIAO


def a_correction(revision: int = 2) -> ReportCorrected:
    members = a_report(agreeing()).model_dump() | {"revision": revision}
    return ReportCorrected(**{name: members[name] for name in ReportCorrected.model_fields if name in members})


def correct(desk: Desk, revision: int = 2) -> CaseCorrected:
    on_report_corrected(a_correction(revision), desk.work(), TERMS)
    said: CaseCorrected = desk.said(CaseCorrected)[-1]
    return said


def test_whoever_holds_a_case_is_told_that_its_station_says_it_anew() -> None:
    said = correct(held(agreeing()))
    assert (said.revision, said.may_conflict) == (2, False)
    assert said.notify
    assert [each.role for each in said.notify] == [RecipientRole.ISCG]


def test_a_correction_after_she_has_noted_something_may_conflict_until_she_notes_it_anew() -> None:
    desk = held(agreeing())
    collect(desk, a_consent(REFUSED))
    assert correct(desk).may_conflict
    dossier = desk.work().get(DOSSIERS, CASE)
    assert dossier
    assert dossier.consent, "what she noted stays"
    collect(desk, a_consent(GIVEN))
    noted = desk.work().get(DOSSIERS, CASE)
    assert noted
    assert not noted.may_conflict
    assert correct(desk, 3).may_conflict


def test_each_difference_is_told_by_its_place_with_both_words() -> None:
    file = a_file(agreed={CIDFF: ConsentAnswer.GIVEN, SIAO: ConsentAnswer.GIVEN})
    noted = a_consent(REFUSED).model_copy(update={"partners": {CIDFF: REFUSED, SIAO: GIVEN}})
    [found] = conflicts(file, noted, None)
    assert found == Conflict(pointer="/persons/0/consent/partners/cidff", station="given", iscg="refused")


def test_needs_that_only_one_of_them_has_found_are_told() -> None:
    [person] = a_file().persons
    file = a_file().model_copy(update={"persons": (person.model_copy(update={"needs": (Need.RIGHTS, Need.FOOD)}),)})
    found = conflicts(file, None, (Need.FOOD, Need.SHELTER))
    assert [(each.station, each.iscg) for each in found] == [(None, "shelter"), ("rights", None)]


def test_where_nothing_was_noted_nothing_conflicts() -> None:
    assert conflicts(a_file(), None, None) == ()
