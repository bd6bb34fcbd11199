"""The demo's own judgement, on histories made by hand: whatever is wrong in one must be told."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey

from deploy.demo.book import read_book
from deploy.demo.comparing import Disagreement, disagreements, read_expected
from deploy.demo.history import History, Place
from deploy.demo.journey import gather
from deploy.demo.outside import tile_path
from deploy.samples.reports import sample_reports
from tests.demo.builders import END, SENT, a_history, a_journey, an_event


def wrong(history: History) -> dict[str, str]:
    """What is found where it is not as expected."""
    found = disagreements({"first": END}, [gather(SENT, history)], read_book())
    return {each.what: each.found for each in found}


def test_a_journey_that_ends_as_expected_disagrees_in_nothing() -> None:
    assert wrong(a_history(a_journey())) == {}


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("station.receipt-issued.v1", {"outcome": ""}),
        ("case.opened.v1", {"case": "1 and 0"}),
        ("case.iscg-assigned.v1", {"told": ""}),
        ("notification.sent.v1", {"told": "", "referral": "sent, not told"}),
    ],
)
def test_an_event_that_was_never_published_is_missed(lost: str, told: dict[str, str]) -> None:
    assert wrong(a_history([heard for heard in a_journey() if heard.type != lost])) == told


def test_a_mail_that_never_came_is_missed_although_it_was_said_to_be_sent() -> None:
    assert wrong(a_history(a_journey(), {"notice-2": "cidff-31@relais.example"})) == {"told": ""}


def test_a_mail_to_an_iscg_who_does_not_hold_the_case_does_not_count() -> None:
    mails = {"notice-1": "iscg-31-b@relais.example", "notice-2": "cidff-31@relais.example"}
    assert wrong(a_history(a_journey(), mails)) == {"told": ""}


def test_a_mail_to_the_wrong_kind_of_partner_is_told() -> None:
    mails = {"notice-1": "iscg-31-a@relais.example", "notice-2": "siao-31@relais.example"}
    assert wrong(a_history(a_journey(), mails)) == {"referral": "siao"}


def test_a_second_case_for_one_report_is_told() -> None:
    again = an_event("report.accepted.v1", cause=SENT.place.cause)
    assert wrong(a_history([*a_journey(), again]))["case"] == "2 and 1"


def test_a_second_assignment_of_one_case_is_told() -> None:
    again = an_event("case.iscg-assigned.v1", iscg_id="iscg-31-a")
    assert wrong(a_history([*a_journey(), again])) == {"told": ""}


def test_a_copy_of_an_event_counts_once_as_for_every_reader() -> None:
    events = a_journey()
    history = a_history(events)
    history.hear(replace(events[3], place=Place("relais.cases", 0, 9_999)))
    assert wrong(history) == {}


@pytest.mark.parametrize("lines", [[], [7, 8]])
def test_a_record_that_is_not_in_the_log_exactly_once_is_told(lines: list[int]) -> None:
    history = a_history(a_journey())
    history.lines[SENT.place] = lines
    assert wrong(history) == {"log": "no"}


def test_a_sample_that_was_not_sent_disagrees_as_a_whole() -> None:
    assert disagreements({"first": END}, [], read_book()) == [Disagreement("first", "sample", "sent", "not sent")]


def test_every_sample_has_an_expected_end_and_every_end_a_sample() -> None:
    key = ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True).as_dict(private=False)
    samples = sample_reports({"keys": [key]}, uuid4(), datetime.now(UTC))
    assert [sample.name for sample in samples] == list(read_expected())
    assert len(samples) >= 60


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [(0, 256, "000"), (5, 3, "005.p/3"), (1_234, 256, "x001/234"), (1_234_067, 256, "x001/x234/067")],
)
def test_a_tile_is_fetched_under_its_standard_name(number: int, width: int, path: str) -> None:
    assert tile_path(number, width) == path
