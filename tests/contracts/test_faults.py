"""Everything that is wrong is told at once, and nothing of what was given is told back."""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.blocks import Fault
from shared.contracts.check import Report, check_opened, check_report
from shared.contracts.faults import MOST_FAULTS, ordered
from shared.contracts.forms import LONGEST_LIST
from shared.contracts.report import LARGEST_REPORT, Contact
from shared.contracts.vocabulary import FaultCode
from tests.contracts.builders import Json, a_clear_part, a_content, faults_in, said, setting

CANARY = "Zyxwvut"
names = st.just(CANARY) | st.text(max_size=3)
odd = st.recursive(
    st.text(max_size=5).map(lambda text: CANARY + text) | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.just(CANARY) | st.text(max_size=3), inner, max_size=3)
    ),
)


def _paths(json: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = json.items() if isinstance(json, dict) else enumerate(json) if isinstance(json, list) else ()
    for step, member in members:
        yield (*at, step)
        yield from _paths(member, (*at, step))


PATHS = list(_paths({"clear": a_clear_part(), "content": a_content()}))


def _spoilt(places: list[tuple[tuple[str | int, ...], Any]]) -> Json:
    """The example report with odd values at these places, as far as the places are still there."""
    report = {"clear": a_clear_part(), "content": a_content()}
    for path, value in places:
        try:
            setting(value, *path)(report)
        except (TypeError, KeyError, IndexError):
            continue
    return report


def test_all_faults_of_both_parts_come_together() -> None:
    assert faults_in(
        setting("Odette", "persons", 0, "role"),
        setting({}, "persons", 0, "consent", "partners"),
        setting("yes", "penal"),
        setting({"version": "2019-11", "yes": 1, "red": 3}, "danger_grid"),
        setting("2027-01-01T00:00:00Z", "facts_at"),
        revision=0,
        urgency="very",
    ) == {
        ("/revision", "out-of-range"),
        ("/urgency", "not-in-list"),
        ("/content/persons/0/role", "not-in-list"),
        ("/content/penal", "wrong-type"),
        ("/content/danger_grid/red", "more-red-than-yes"),
        ("/content/facts_at", "after-taken-at"),
        ("/content/partners_asked/0", "no-consent-for-partner"),
    }


@given(st.lists(st.tuples(st.sampled_from(PATHS), odd), min_size=1, max_size=5))
def test_no_fault_repeats_a_word_of_the_report(places: list[tuple[tuple[str | int, ...], Any]]) -> None:
    report = _spoilt(places)
    found = check_report(report["clear"], report["content"])
    told = () if isinstance(found, Report) else found
    assert CANARY not in orjson.dumps([fault.model_dump(mode="json") for fault in told]).decode()


@given(odd, odd)
def test_any_json_is_either_a_report_or_has_faults(clear: Any, content: Any) -> None:
    found = check_report(clear, content)
    assert isinstance(found, Report) or found


@pytest.mark.parametrize("place", [("persons", 0), ("persons", 0, "consent"), ("act",), ()])
def test_an_unknown_member_is_named_by_its_parent(place: tuple[str | int, ...]) -> None:
    parent = "".join(f"/{step}" for step in place)
    assert faults_in(setting("x", *place, CANARY)) == {(f"/content{parent}", "unknown-member")}


def test_a_python_name_is_no_name_of_the_contract() -> None:
    contact = a_content()["persons"][0]["contact"]
    contact["from_"] = contact.pop("from")
    assert ("/content/persons/0/contact", "unknown-member") in faults_in(setting(contact, "persons", 0, "contact"))


def test_a_partner_that_does_not_exist_is_named_by_its_map() -> None:
    assert faults_in(setting("given", "persons", 0, "consent", "partners", CANARY)) == {
        ("/content/persons/0/consent/partners", "not-in-list")
    }
    assert faults_in(setting("maybe", "persons", 0, "consent", "partners", "siao")) == {
        ("/content/persons/0/consent/partners", "not-in-list")
    }


def test_a_list_with_a_faulty_member_is_not_called_too_short_as_well() -> None:
    assert faults_in(setting([CANARY], "categories")) == {("/content/categories/0", "not-in-list")}
    assert faults_in(setting([], "categories")) == {("/content/categories", "too-short")}


def test_a_content_that_was_not_opened_has_no_faults_of_its_own() -> None:
    found = check_report(a_clear_part(sealed="no jwe"), None)
    assert not isinstance(found, Report)
    assert said(found) == {("/sealed", "bad-format")}


@pytest.mark.parametrize("content", [None, [], "text", 1])
def test_a_content_that_is_no_object_is_of_the_wrong_type(content: Any) -> None:
    found = check_report(a_clear_part(), content)
    assert not isinstance(found, Report)
    assert said(found) == {("/content", "wrong-type")}


@pytest.mark.parametrize(
    ("opened", "code"), [(b"", "not-json"), (b"{", "not-json"), (b"\xff", "not-json"), (b"[" * 10_000, "too-deep")]
)
def test_what_a_jwe_holds_may_be_no_content_at_all(opened: bytes, code: str) -> None:
    found = check_opened(a_clear_part(revision=0), opened)
    assert not isinstance(found, Report)
    assert said(found) == {("/content", code), ("/revision", "out-of-range")}


def test_what_a_jwe_holds_is_checked_like_any_content() -> None:
    whole = orjson.dumps(a_content())
    assert check_opened(a_clear_part(), whole) == check_report(a_clear_part(), a_content())
    assert check_opened(a_clear_part(sealed=""), None) == check_report(a_clear_part(sealed=""), None)


def test_a_receipt_names_100_faults_and_says_that_there_are_more() -> None:
    many = [Fault(pointer=f"/{n:03}", code=FaultCode.MISSING) for n in range(MOST_FAULTS + 1)]
    assert ordered(many[:-1]) == tuple(many[:-1])
    assert ordered(many)[-1] == Fault(pointer="", code=FaultCode.MORE_FAULTS)
    assert len(ordered(many)) == MOST_FAULTS + 1


def test_a_list_that_is_too_long_is_refused_before_its_members_are_read() -> None:
    assert faults_in(setting([1] * (LONGEST_LIST + 1), "categories")) == {("/content/categories", "too-long")}


def test_the_same_fault_is_told_once() -> None:
    fault = Fault(pointer="/a", code=FaultCode.MISSING)
    assert ordered([fault, fault]) == (fault,)


@pytest.mark.parametrize(
    "spoil",
    [
        setting([{"address": {"lines": []}}] * 9000, "persons"),
        setting([1] * 100_000, "persons", 0, "address", "lines"),
        setting(["q"] * 60_000, "partners_asked"),
        setting({str(n): 1 for n in range(20_000)}, "persons", 0, "consent", "partners"),
        setting({"count": 1, "age_bands": ["75+"] * 40_000}, "minors"),
    ],
)
def test_the_worst_report_that_fits_is_checked_in_a_moment(spoil: Any) -> None:
    content = a_content(spoil)
    assert 0.7 * LARGEST_REPORT < len(orjson.dumps(content)) < 1.3 * LARGEST_REPORT
    began = perf_counter()
    found = check_report(a_clear_part(), content)
    assert not isinstance(found, Report)
    assert perf_counter() - began < 5  # unbounded lists took 83 s here; a noisy machine takes a tenth of a second


def test_name_and_contact_go_to_one_block_and_all_else_to_the_other() -> None:
    report = check_report(a_clear_part(), a_content())
    assert isinstance(report, Report)
    sent = a_content()["persons"][0]
    assert report.content.contact() == Contact.model_validate({"name": sent["name"], "safe_contact": sent["contact"]})
    file = report.content.file().model_dump(mode="json")
    assert not {"name", "contact"} & file["persons"][0].keys()
    assert sent["contact"]["value"].encode() not in orjson.dumps(file)
    assert file["persons"][0]["consent"]["partners"] == sent["consent"]["partners"]
