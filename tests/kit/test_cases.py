"""Reports of real life that were understood wrongly: what their station is told now, by the kit as by the doors."""

import csv
from pathlib import Path

import orjson
import pytest
from relais_kit.checking import check_file

from services.intake.domain.fingerprint import contact_mark
from shared.contracts.check import Report, check_in_clear
from shared.contracts.recognition import names

CASES = Path(__file__).parents[1] / "cases"
VALUE = "/content/persons/0/contact/value"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("phone-nine-digits", (VALUE, "not-a-phone-number")),
        ("phone-masked", (VALUE, "not-a-phone-number")),
        ("phone-two-numbers", (VALUE, "not-a-phone-number")),
        ("phone-landline-by-sms", (VALUE, "not-a-mobile")),
        ("phone-reunion", None),
        ("pair-1-suspect", None),
        ("pair-2-victim", None),
        ("valid-until-guadeloupe", None),
        ("birth-in-the-future", ("/content/persons/0/birth_date", "after-taken-at")),
        ("birth-of-a-child-band-of-an-adult", ("/content/persons/0/age_band", "not-that-age")),
        ("victim-of-twelve", None),
    ],
)
def test_a_report_of_real_life_is_understood(name: str, fault: tuple[str, str] | None) -> None:
    [checked] = check_file(CASES / f"{name}.json")
    assert [(each["pointer"], each["code"]) for each in checked.faults] == ([fault] if fault else [])


@pytest.mark.parametrize("row", list(csv.DictReader((CASES / "names.csv").read_text("utf-8").splitlines())))
def test_strangers_are_not_brought_together_and_one_person_is(row: dict[str, str]) -> None:
    assert bool(names(row["family"]) & names(row["other_family"])) is (row["one_person"] == "yes")


def test_one_number_in_two_spellings_is_one_contact() -> None:
    pair = [orjson.loads((CASES / name).read_bytes()) for name in ("pair-1-suspect.json", "pair-2-victim.json")]
    reports = [check_in_clear(each) for each in pair]
    marks = {contact_mark(b"a key of this test only", each) for each in reports if isinstance(each, Report)}
    assert len(reports) == 2 and len(marks) == 1
