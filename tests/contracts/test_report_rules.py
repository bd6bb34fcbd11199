"""What a report must keep between its members, rule by rule."""

from typing import Any

import pytest

from shared.contracts.check import Report, check_report
from shared.contracts.forms import LONGEST_LIST
from shared.contracts.vocabulary import FaultCode, LegalGround, PartnerType
from tests.contracts.builders import a_clear_part, a_content, faults_in, setting

SOMEBODY_ELSE = {"concerned": False, "role": "relative", "age_band": "unknown"}


def test_the_report_that_vendors_are_shown_is_understood() -> None:
    assert isinstance(check_report(a_clear_part(), a_content()), Report)


def test_exactly_one_person_is_the_one_concerned() -> None:
    nobody = setting(False, "persons", 0, "concerned")
    assert ("/content/persons", "not-one-concerned") in faults_in(nobody)
    assert ("/content/persons", "not-one-concerned") in faults_in(setting(True, "persons", 1, "concerned"))
    assert ("/content/persons", "not-one-concerned") in faults_in(setting([], "persons"))


@pytest.mark.parametrize("member", ["name", "birth_date", "address", "languages", "contact", "consent", "needs"])
def test_only_the_person_concerned_has_more_than_role_age_and_sex(member: str) -> None:
    hers = a_content()["persons"][0][member]
    assert faults_in(setting(hers, "persons", 1, member)) == {(f"/content/persons/1/{member}", "only-concerned-person")}


def test_the_person_concerned_must_have_been_told_about_consent() -> None:
    assert faults_in(setting(None, "persons", 0, "consent"), setting([], "partners_asked")) == {
        ("/content/persons/0/consent", "missing")
    }


def test_consent_that_was_not_asked_needs_a_reason() -> None:
    not_asked = setting("not-asked", "persons", 0, "consent", "contact_by_iscg")
    assert faults_in(not_asked) == {("/content/persons/0/consent/why", "why-required")}
    assert not faults_in(not_asked, setting("unconscious", "persons", 0, "consent", "why"))


def test_refused_consent_is_no_fault_of_the_report() -> None:
    assert not faults_in(setting("refused", "persons", 0, "consent", "contact_by_iscg"))


def test_the_grid_has_not_more_red_answers_than_yes() -> None:
    assert faults_in(setting(1, "danger_grid", "yes")) == {("/content/danger_grid/red", "more-red-than-yes")}
    assert not faults_in(setting(2, "danger_grid", "yes"))


@pytest.mark.parametrize(("answer", "most"), [("yes", 23), ("red", 5)])
def test_the_grid_has_23_questions_of_which_5_are_red(answer: str, most: int) -> None:
    everything = setting(23, "danger_grid", "yes")
    assert not faults_in(everything, setting(most, "danger_grid", answer))
    assert (f"/content/danger_grid/{answer}", "out-of-range") in faults_in(setting(most + 1, "danger_grid", answer))


def test_minors_who_were_there_have_age_bands() -> None:
    assert faults_in(setting([], "minors", "age_bands")) == {("/content/minors/age_bands", "age-bands-required")}
    assert not faults_in(setting({"count": 0}, "minors"))
    assert not faults_in(setting(None, "minors"))


def test_a_minor_is_younger_than_18() -> None:
    assert faults_in(setting("18-24", "minors", "age_bands", 1)) == {("/content/minors/age_bands/1", "not-a-minor")}
    assert not faults_in(setting("unknown", "minors", "age_bands", 1))


def test_facts_come_before_the_report_that_tells_them() -> None:
    assert faults_in(setting("2026-11-23T10:42:01+01:00", "facts_at")) == {("/content/facts_at", "after-taken-at")}
    assert not faults_in(setting("2026-11-23T09:42:00Z", "facts_at"))


def test_consent_is_collected_before_the_report_is_taken() -> None:
    late = setting("2026-11-23T10:43:00+01:00", "persons", 0, "consent", "collected_at")
    assert faults_in(late) == {("/content/persons/0/consent/collected_at", "after-taken-at")}


def test_safe_hours_begin_and_end_or_are_not_given_and_may_cross_midnight() -> None:
    assert faults_in(setting(None, "persons", 0, "contact", "to")) == {
        ("/content/persons/0/contact/to", "hours-incomplete")
    }
    assert not faults_in(setting("22:00", "persons", 0, "contact", "from"))


@pytest.mark.parametrize("answer", ["refused", "not-asked"])
def test_a_partner_is_not_asked_without_consent_for_its_type(answer: str) -> None:
    assert faults_in(setting(answer, "persons", 0, "consent", "partners", "cidff")) == {
        ("/content/partners_asked/0", "no-consent-for-partner")
    }


FITS = {
    LegalGround.MINOR_IN_DANGER: {PartnerType.CRIP, PartnerType.PARQUET, PartnerType.ASE},
    LegalGround.PERSON_UNABLE_TO_PROTECT_HERSELF: {PartnerType.PARQUET, PartnerType.DEPARTEMENT_SOCIAL},
    LegalGround.JUDICIAL_REQUISITION: {PartnerType.PARQUET},
    LegalGround.VITAL_EMERGENCY: {PartnerType.PARQUET, PartnerType.UMJ},
}


@pytest.mark.parametrize("ground", LegalGround)
@pytest.mark.parametrize("partner", PartnerType)
def test_a_legal_ground_replaces_consent_only_for_partners_that_it_fits(
    ground: LegalGround, partner: PartnerType
) -> None:
    asked = faults_in(
        setting({}, "persons", 0, "consent", "partners"),
        setting(ground.value, "legal_ground"),
        setting([partner.value], "partners_asked"),
    )
    assert (not asked) == (partner in FITS[ground])


def test_a_note_has_at_most_500_characters() -> None:
    assert not faults_in(setting("é" * 500, "note"))
    assert faults_in(setting("é" * 501, "note")) == {("/content/note", "too-long")}


def test_a_list_is_short_enough_for_one_receipt() -> None:
    crowd = [a_content()["persons"][0], *[SOMEBODY_ELSE] * LONGEST_LIST]
    assert faults_in(setting(crowd, "persons")) == {("/content/persons", "too-long")}
    assert not faults_in(setting(crowd[:LONGEST_LIST], "persons"))


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("report_id", "0D9F6C1E-5B1A-4A53-9A3E-7C0F5D2B8E41", FaultCode.NOT_A_UUID),
        ("report_id", "0d9f6c1e5b1a4a539a3e7c0f5d2b8e41", FaultCode.NOT_A_UUID),
        ("report_id", "Odette Martin", FaultCode.NOT_A_UUID),
        ("revision", "1", FaultCode.WRONG_TYPE),
        ("revision", 1.0, FaultCode.WRONG_TYPE),
        ("revision", True, FaultCode.WRONG_TYPE),
        ("revision", 0, FaultCode.OUT_OF_RANGE),
        ("test", "true", FaultCode.WRONG_TYPE),
        ("test", 1, FaultCode.WRONG_TYPE),
        ("taken_at", 1763890920, FaultCode.WRONG_TYPE),
        ("taken_at", "1763890920", FaultCode.NOT_A_TIME),
        ("taken_at", "2026-11-23T10:42:00", FaultCode.NOT_A_TIME),
        ("taken_at", "2026-11-31T10:42:00Z", FaultCode.NOT_A_TIME),
        ("taken_at", "2026-11-23 10:42:00Z", FaultCode.NOT_A_TIME),
        ("urgency", "URGENT", FaultCode.NOT_IN_LIST),
        ("station", "GN 31", FaultCode.BAD_FORMAT),
        ("sealed", "not a jwe", FaultCode.BAD_FORMAT),
        ("sealed", None, FaultCode.WRONG_TYPE),
    ],
)
def test_each_member_has_one_spelling_and_one_type(member: str, value: Any, code: FaultCode) -> None:
    assert faults_in(**{member: value}) == {(f"/{member}", code.value)}


@pytest.mark.parametrize("version", range(1, 9))
def test_a_report_id_may_be_a_uuid_of_any_version(version: int) -> None:
    assert not faults_in(report_id=f"0d9f6c1e-5b1a-{version}a53-9a3e-7c0f5d2b8e41")


CONTACT = ("persons", 0, "contact")


def reached_by(channel: str, value: str) -> tuple[Any, ...]:
    return (
        setting(channel, *CONTACT, "channel"),
        setting(value, *CONTACT, "value"),
        setting(False, *CONTACT, "never_call"),
    )


@pytest.mark.parametrize("number", ["+33639980001", "06 39 98 00 01", "+262 692 00 00 01", "06.39.98.00.01"])
def test_a_number_is_written_as_people_write_numbers(number: str) -> None:
    assert not faults_in(*reached_by("sms", number))


@pytest.mark.parametrize(
    "value", ["12345", "her sister", "+33", "+3363998000199999", "06 39 98 00 0", "06 39 98 XX XX", "O6 39 98 00 01"]
)
@pytest.mark.parametrize("channel", ["phone", "sms"])
def test_what_nobody_can_dial_is_no_number(channel: str, value: str) -> None:
    assert faults_in(*reached_by(channel, value)) == {("/content/persons/0/contact/value", "not-a-phone-number")}


def test_a_fixed_line_is_called_and_never_texted() -> None:
    assert not faults_in(*reached_by("phone", "05 61 00 00 00"))
    assert faults_in(*reached_by("sms", "05 61 00 00 00")) == {("/content/persons/0/contact/value", "not-a-mobile")}


def test_a_number_of_a_range_that_nobody_knows_yet_costs_nobody_a_report() -> None:
    assert not faults_in(*reached_by("sms", "07 00 12 34 56"))


@pytest.mark.parametrize(
    ("band", "birth", "fault"),
    [
        ("25-39", "1990-04-02", None),
        ("25-39", "2099-01-01", ("/content/persons/0/birth_date", "after-taken-at")),
        ("25-39", "2015-01-01", ("/content/persons/0/age_band", "not-that-age")),
        ("11-14", "1990-04-02", ("/content/persons/0/age_band", "not-that-age")),
        ("25-39", "1986-11-24", None),
        ("unknown", "1990-04-02", None),
    ],
)
def test_age_band_and_day_of_birth_say_the_same(band: str, birth: str, fault: tuple[str, str] | None) -> None:
    person = ("persons", 0)
    found = faults_in(setting(band, *person, "age_band"), setting(birth, *person, "birth_date"))
    assert found == ({fault} if fault else set())


@pytest.mark.parametrize(
    ("value", "is_one"), [("a@exemple.fr", True), ("à@exämple.fr", True), ("a@b", False), ("a b@c.fr", False)]
)
def test_a_mail_address_is_one(value: str, is_one: bool) -> None:
    fault = ("/content/persons/0/contact/value", "not-an-email")
    assert faults_in(*reached_by("email", value)) == (set() if is_one else {fault})


def test_a_letter_and_a_trusted_person_are_reached_in_words() -> None:
    assert not faults_in(*reached_by("letter", "poste restante"))
    assert not faults_in(*reached_by("trusted-person", "her sister"))


def test_who_must_never_be_called_is_not_reached_by_telephone() -> None:
    assert faults_in(setting("phone", *CONTACT, "channel")) == {
        ("/content/persons/0/contact/channel", "no-safe-channel")
    }


@pytest.mark.parametrize(("day", "is_over"), [("2026-11-22", True), ("2026-11-23", False)])
@pytest.mark.parametrize("member", [("contact", "valid_until"), ("consent", "until")])
def test_contact_and_consent_hold_on_the_day_of_the_report(member: tuple[str, str], day: str, is_over: bool) -> None:
    fault = ("/content/persons/0/" + "/".join(member), "expired")
    assert faults_in(setting(day, "persons", 0, *member)) == ({fault} if is_over else set())


@pytest.mark.parametrize(
    ("tag", "is_one"), [("fr", True), ("prs", True), ("zh-Hant", True), ("zz", False), ("xq", False)]
)
def test_a_language_is_one_that_is_spoken(tag: str, is_one: bool) -> None:
    fault = ("/content/persons/0/languages/0", "not-a-language")
    assert faults_in(setting([tag], "persons", 0, "languages")) == (set() if is_one else {fault})


@pytest.mark.parametrize("commune", ["31555", "2A004", "97411", "98818", "01001"])
def test_a_commune_lies_in_a_departement(commune: str) -> None:
    assert not faults_in(setting(commune, "persons", 0, "address", "insee_commune"))


@pytest.mark.parametrize("commune", ["00001", "20004", "96001", "97901", "99100", "3155"])
def test_a_commune_of_no_departement_is_none(commune: str) -> None:
    [(pointer, code)] = faults_in(setting(commune, "persons", 0, "address", "insee_commune"))
    assert (pointer, code) == ("/content/persons/0/address/insee_commune", "bad-format")
