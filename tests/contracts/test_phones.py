"""Telephone numbers: whose number it is, whether it may be texted, or that nobody can tell."""

import string

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.contracts.days import DEPARTEMENTS
from shared.contracts.phones import PLANS, Line, Phone, plan_of, plan_of_zone, read_phone

MOBILE, OTHER, UNKNOWN = Line.MOBILE, Line.OTHER, Line.UNKNOWN_RANGE


@pytest.mark.parametrize(
    ("written", "plan", "e164", "line"),
    [
        ("0692 12 34 56", "FR", "+262692123456", MOBILE),
        ("0692 12 34 56", "RE", "+262692123456", MOBILE),
        ("0639 01 23 45", "FR", "+262639012345", MOBILE),
        ("0690 27 12 34", "BL", "+590690271234", MOBILE),
        ("0694 20 12 34", "FR", "+594694201234", MOBILE),
        ("0709 20 12 34", "FR", "+262709201234", MOBILE),
        ("41 12 34", "PM", "+508411234", OTHER),
        ("0508 41 12 34", "PM", "+508411234", OTHER),
        ("0708 41 23 45", "PM", "+508708412345", MOBILE),
        ("87 12 34 56", "PF", "+68987123456", MOBILE),
        ("75 12 34", "NC", "+687751234", MOBILE),
        ("82 12 34", "WF", "+681821234", MOBILE),
        ("6 12 34 56 78", "FR", "+33612345678", MOBILE),
        ("33612345678", "FR", "+33612345678", MOBILE),
        ("+33 (0)6.12.34.56.78", "RE", "+33612345678", MOBILE),
        ("00262 692 12 34 56", "FR", "+262692123456", MOBILE),
        ("06\u202f12\u00a034 56-78", "FR", "+33612345678", MOBILE),
        ("06\u201012\u201134\u201356\u201478", "FR", "+33612345678", MOBILE),
        ("\u202a06 12 34 56 78\u202c", "FR", "+33612345678", MOBILE),
        ("\ufeff+33\u200e612345678\u200b", "FR", "+33612345678", MOBILE),
        ("0142345678", "RE", "+33142345678", OTHER),
        ("05 61 00 00 00", "FR", "+33561000000", OTHER),
        ("0596 50 12 34", "MQ", "+596596501234", OTHER),
        ("0269 61 12 34", "YT", "+262269611234", OTHER),
        ("+41 79 123 45 67", "FR", "+41791234567", MOBILE),
        ("07 00 12 34 56", "FR", "+33700123456", UNKNOWN),
        ("06 39 98 00 01", "FR", "+33639980001", MOBILE),
    ],
)
def test_a_number_is_read_in_every_french_plan(written: str, plan: str, e164: str, line: Line) -> None:
    assert read_phone(written, plan) == Phone(e164, line)


@pytest.mark.parametrize(
    "written",
    [
        "06 12 34 XX XX",
        "06 39 98 XX XX",
        "06 12 34 56 7",
        "06 12 34 56 789",
        "O6 12 34 56 78",
        "tel 06 12 34 56 78",
        "06 12 34 56 78 poste 12",
        "06 12 34 56 78 x5",
        "06 12 34 56 78;ext=5",
        "06 12 34 56 78 (mere)",
        "06 39 98 00 01 / 05 61 00 00 00",
        "06 12 34 56 78 06 12 34 56 79",
        "06 12 34 56 78\n06 12 34 56 79",
        "٠٦١٢٣٤٥٦٧٨",
        "06 12 34 56 78+",
        "++33612345678",
        "3919",
        "17",
        "",
        "+",
        "()",
        "0",
    ],
)
def test_what_no_person_could_dial_is_no_number(written: str) -> None:
    assert read_phone(written) is None


@given(
    st.sampled_from(["06", "07"]), st.text(string.digits, min_size=8, max_size=8), st.sampled_from(sorted(DEPARTEMENTS))
)
def test_a_mobile_is_the_same_number_whoever_wrote_it(block: str, rest: str, zone: str) -> None:
    here, there = read_phone(block + rest), read_phone(block + rest, plan_of_zone(zone))
    assume(here is not None and here.line is MOBILE and not here.e164.startswith("+3363998"))
    assert here == there


@given(st.text(max_size=20), st.sampled_from(["FR", *PLANS.values()]))
def test_whatever_is_written_is_a_dialable_number_or_none(written: str, plan: str) -> None:
    phone = read_phone(written, plan)
    if phone:
        assert phonenumbers.is_possible_number(phonenumbers.parse(phone.e164))
        assert not any(letter.isalpha() for letter in written)


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(0, 9), st.sampled_from("XxO*#/,;"))
def test_a_masked_digit_makes_a_number_nobodys(digits: str, at: int, mask: str) -> None:
    assert read_phone(digits[:at] + mask + digits[at + 1 :]) is None


def test_every_overseas_territory_has_its_plan() -> None:
    assert {plan_of(code) for code in DEPARTEMENTS.values()} == {*PLANS.values(), "FR"}
    assert (plan_of("31"), plan_of(None), plan_of_zone("Europe/Paris"), plan_of_zone(5)) == ("FR",) * 4
