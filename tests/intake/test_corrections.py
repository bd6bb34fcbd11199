"""Stations correct and withdraw what they have reported, in order or not: the newest word holds, and none is lost."""

from dataclasses import replace
from itertools import permutations
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.intake.domain.filed import FiledReport
from services.intake.domain.submission import Submission
from shared.contracts.events import (
    ReceiptIssued,
    RecordSetAside,
    ReportAccepted,
    ReportCorrected,
    ReportCounted,
    ReportRejected,
    ReportWithdrawn,
)
from shared.contracts.vocabulary import ActKind, FaultCode, Outcome, RejectReason, SetAsideReason, Standing
from shared.delivery.unit import Said
from tests.contracts.builders import Change, setting
from tests.intake.builders import REPORT_ID, a_door, a_record, a_report, a_ring, a_withdrawal, headers
from tests.intake.desk import Desk, events

IDENTITY = f"gendarmerie/{REPORT_ID}"
WITHDRAWN = "station.report-withdrawn.v1"
REFUSED: tuple[Change, ...] = (
    setting("refused", "persons", 0, "consent", "contact_by_iscg"),
    setting([], "partners_asked"),
)
ACTS = {1: "plainte", 2: "pvrj", 3: "intervention"}


def revision(n: int, *changes: Change, **clear: Any) -> bytes:
    """The report in its n-th revision, told apart by its act."""
    return a_report(setting(ACTS[n], "act", "kind"), *changes, revision=n, **clear)


async def hand_in(desk: Desk, body: bytes, offset: int = 0, type_: str = "station.report-submitted.v1") -> list[Said]:
    [arrival] = await a_door().read([a_record(body, headers(ce_type=type_), offset=offset)])
    return desk.take(arrival)


async def withdraw(desk: Desk, **members: Any) -> list[Said]:
    return await hand_in(desk, a_withdrawal(**members), 90, WITHDRAWN)


def receipt(said: list[Said]) -> ReceiptIssued:
    """The one receipt among what was said."""
    [found] = events(said, ReceiptIssued)
    assert isinstance(found, ReceiptIssued)
    return found


def filed(desk: Desk) -> FiledReport:
    found = desk.filed(IDENTITY)
    assert found
    return found


async def test_a_correction_replaces_what_is_known_of_the_case() -> None:
    desk = Desk()
    [accepted, _] = await hand_in(desk, revision(1))
    desk.tell(REPORT_ID, Standing.TAKEN_IN_CHARGE)
    [corrected, answered] = await hand_in(desk, revision(2), 1)
    assert isinstance(corrected.event, ReportCorrected) and isinstance(answered.event, ReceiptIssued)
    assert corrected.envelope.subject == accepted.envelope.subject
    assert (accepted.envelope.sequence, corrected.envelope.sequence) == (1, 2)
    assert corrected.event.file and corrected.event.file.act.kind is ActKind.PVRJ
    assert (answered.event.outcome, answered.event.revision) == (Outcome.CORRECTED, 2)
    assert answered.event.standing is Standing.TAKEN_IN_CHARGE


async def test_a_correction_sent_again_gets_the_same_receipt_and_changes_nothing() -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    first, again = await hand_in(desk, revision(2), 1), await hand_in(desk, revision(2), 2)
    assert [type(each.event) for each in again] == [ReceiptIssued]
    assert receipt(again).jws == receipt(first).jws


@pytest.mark.parametrize(("n", "reason"), [(1, RejectReason.STALE_REVISION), (2, RejectReason.REPORT_ID_REUSED)])
async def test_after_a_correction_older_and_other_words_are_refused(n: int, reason: RejectReason) -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    await hand_in(desk, revision(2), 1)
    other = await hand_in(desk, revision(n, setting("In other words.", "note")), 2)
    assert receipt(other).reason is reason
    assert filed(desk).revision == 2


async def test_a_correction_that_is_not_as_it_should_be_changes_nothing() -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    said = await hand_in(desk, revision(2, urgency="soon"), 1)
    assert events(said, ReportRejected)
    assert (filed(desk).revision, filed(desk).standing) == (1, Standing.RECEIVED)


async def test_a_person_who_refuses_in_a_correction_is_passed_on_without_a_way_to_reach_her() -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    [corrected, _] = await hand_in(desk, revision(2, *REFUSED), 1)
    assert isinstance(corrected.event, ReportCorrected)
    assert corrected.event.contact is None
    assert "EXAMPLE" not in corrected.event.model_dump_json()


async def test_a_person_who_agrees_in_a_correction_gets_her_case() -> None:
    desk = Desk()
    assert events(await hand_in(desk, revision(1, *REFUSED)), ReportCounted)
    said = await hand_in(desk, revision(2), 1)
    assert events(said, ReportAccepted)
    assert receipt(said).standing is Standing.RECEIVED


async def test_a_correction_that_comes_first_is_kept_and_said_to_nobody_but_its_station() -> None:
    desk = Desk()
    said = await hand_in(desk, revision(2))
    assert [type(each.event) for each in said] == [ReceiptIssued]
    assert (receipt(said).outcome, receipt(said).standing) == (Outcome.KEPT, Standing.RECEIVED)
    assert "EXAMPLE" not in filed(desk).model_dump_json()
    assert receipt(await hand_in(desk, revision(2), 1)).jws == receipt(said).jws


async def test_what_was_kept_follows_on_its_report() -> None:
    desk = Desk()
    kept = receipt(await hand_in(desk, revision(2)))
    said = await hand_in(desk, revision(1), 1)
    accepted, answered, corrected, last = (each.event for each in said)
    assert isinstance(accepted, ReportAccepted) and isinstance(corrected, ReportCorrected)
    assert isinstance(answered, ReceiptIssued) and isinstance(last, ReceiptIssued)
    assert answered.record and last.record is None
    assert (last.outcome, last.revision, last.sha256) == (Outcome.CORRECTED, 2, kept.sha256)
    assert corrected.file and corrected.file.act.kind is ActKind.PVRJ
    assert filed(desk).kept is None


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
async def test_in_whatever_order_they_come_one_case_is_opened_and_the_newest_word_holds(order: tuple[int, ...]) -> None:
    desk = Desk()
    said = [each for offset, n in enumerate(order) for each in await hand_in(desk, revision(n), offset)]
    told = [each.event for each in said if isinstance(each.event, ReportAccepted | ReportCorrected)]
    assert [type(each) for each in told].count(ReportAccepted) == 1
    assert told[-1].file and told[-1].file.act.kind is ActKind.INTERVENTION
    assert filed(desk).revision == 3
    named = [each for each in events(said, ReceiptIssued) if each.record]
    assert len(named) == 3


async def test_of_two_that_come_first_the_newer_is_kept() -> None:
    desk = Desk()
    await hand_in(desk, revision(2))
    assert receipt(await hand_in(desk, revision(3), 1)).outcome is Outcome.KEPT
    assert receipt(await hand_in(desk, revision(2, setting("x", "note")), 2)).reason is RejectReason.STALE_REVISION


async def test_a_correction_is_the_report_where_the_report_itself_is_rejected() -> None:
    """Else a person would wait for a day because her first report had a fault."""
    desk = Desk()
    await hand_in(desk, revision(2))
    said = await hand_in(desk, revision(1, urgency="soon"), 1)
    assert events(said, ReportRejected) and events(said, ReportAccepted)
    assert filed(desk).is_taken


async def test_a_correction_whose_report_never_comes_is_set_aside_and_opens_the_case_when_replayed() -> None:
    desk = Desk()
    kept = receipt(await hand_in(desk, revision(2)))
    [alarm] = desk.wait_in_vain(IDENTITY)
    assert isinstance(alarm.event, RecordSetAside)
    assert alarm.event.reason is SetAsideReason.REPORT_MISSING
    [row] = desk.unit.aside
    assert b"EXAMPLE" not in (row.arrival.record.value or b"")
    [arrival] = await a_door().read([row.arrival.record])
    said = desk.take(arrival)
    assert events(said, ReportAccepted)
    assert (receipt(said).record, receipt(said).sha256) == (None, kept.sha256)
    assert filed(desk).is_taken


async def test_a_report_that_comes_too_late_is_taken_and_its_replayed_correction_corrects_it() -> None:
    desk = Desk()
    await hand_in(desk, revision(2))
    desk.wait_in_vain(IDENTITY)
    assert events(await hand_in(desk, revision(1), 1), ReportAccepted)
    [arrival] = await a_door().read([desk.unit.aside[0].arrival.record])
    assert events(desk.take(arrival), ReportCorrected)


async def test_what_was_kept_under_a_key_that_is_destroyed_is_set_aside() -> None:
    desk = Desk(ring=a_ring("other"))
    await hand_in(desk, revision(2))
    said = await hand_in(desk, revision(1), 1)
    assert events(said, ReportAccepted)
    assert events(said, RecordSetAside)[0].reason is SetAsideReason.SEALED_UNREADABLE


async def test_a_report_in_time_leaves_nothing_to_wait_for() -> None:
    desk = Desk()
    await hand_in(desk, revision(2))
    await hand_in(desk, revision(1), 1)
    assert desk.wait_in_vain(IDENTITY) == []


async def test_a_withdrawal_cancels_the_case_and_uses_the_id_up() -> None:
    desk = Desk()
    [accepted, _] = await hand_in(desk, revision(1))
    [withdrawn, answered] = await withdraw(desk)
    assert isinstance(withdrawn.event, ReportWithdrawn) and isinstance(answered.event, ReceiptIssued)
    assert str(withdrawn.event.case_id) == withdrawn.envelope.subject == accepted.envelope.subject
    assert (answered.event.outcome, answered.event.standing) == (Outcome.WITHDRAWN, Standing.RECEIVED)
    assert receipt(await withdraw(desk)).jws == answered.event.jws
    assert receipt(await hand_in(desk, revision(3), 3)).reason is RejectReason.REPORT_ID_REUSED


async def test_a_count_is_withdrawn_without_a_case() -> None:
    desk = Desk()
    await hand_in(desk, revision(1, *REFUSED))
    said = await withdraw(desk)
    assert events(said, ReportWithdrawn)[0].case_id is None
    assert receipt(said).standing is Standing.CLOSED


async def test_a_withdrawal_that_comes_first_cancels_its_report_when_it_comes() -> None:
    desk = Desk()
    assert receipt(await withdraw(desk)).outcome is Outcome.KEPT
    said = await hand_in(desk, revision(1), 1)
    assert events(said, ReportAccepted) and events(said, ReportWithdrawn)


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [("revision", 1, "out-of-range"), ("reason", "because", "not-in-list"), ("note", "Sorry.", "unknown-member")],
)
async def test_a_withdrawal_that_is_not_as_it_should_be_is_rejected_with_its_fault(
    member: str, value: Any, code: str
) -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    answered = receipt(await withdraw(desk, **{member: value}))
    assert [fault.code for fault in answered.faults] == [code]
    assert filed(desk).is_taken


async def test_a_withdrawal_seals_nothing_and_so_may_hold_nothing_sealed() -> None:
    body = orjson.loads(a_withdrawal()) | {"sealed": "a.b.c.d.e"}
    answered = receipt(await hand_in(Desk(), orjson.dumps(body), 0, WITHDRAWN))
    assert answered.reason is RejectReason.INVALID


OTHER_ID = UUID("5d1b5b9e-7e0e-4f0b-9d7b-0a8d0c1f2e3d")
AS_SUSPECT = setting("suspect", "persons", 0, "role")


def related(*changes: Change) -> bytes:
    """A report of the same event, about somebody else."""
    return a_report(setting([str(REPORT_ID)], "related_to"), *changes, report_id=str(OTHER_ID))


async def test_a_contact_that_a_related_report_gives_for_another_role_is_safe_for_neither() -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    spelt = setting("06 39 98 00 01", "persons", 0, "contact", "value")
    answered = receipt(await hand_in(desk, related(AS_SUSPECT, spelt), 1))
    assert (answered.outcome, answered.reason) == (Outcome.REJECTED, RejectReason.INVALID)
    [fault] = answered.faults
    assert (fault.pointer, fault.code) == ("/content/persons/0/contact/value", FaultCode.CONTACT_OF_OTHER_ROLE)


@pytest.mark.parametrize(
    "changes", [(), (AS_SUSPECT, setting("+33639980002", "persons", 0, "contact", "value"))], ids=["role", "contact"]
)
async def test_the_same_role_may_share_a_contact_and_another_role_have_another(changes: tuple[Change, ...]) -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    assert receipt(await hand_in(desk, related(*changes), 1)).outcome is Outcome.ACCEPTED


async def test_of_a_report_that_was_withdrawn_or_counted_no_contact_is_known() -> None:
    desk = Desk()
    await hand_in(desk, revision(1))
    assert filed(desk).contact_mark
    await withdraw(desk)
    assert filed(desk).contact_mark is None
    assert receipt(await hand_in(desk, related(AS_SUSPECT), 1)).outcome is Outcome.ACCEPTED


async def test_what_tells_a_contact_again_ends_with_its_case_and_a_repeat_still_gets_its_receipt() -> None:
    """A dictionary of telephone numbers, marked by the very code and its secret, found the one of an erased person."""
    desk, marked = Desk(), set()
    first = await hand_in(desk, revision(1))
    for number in (f"+336399800{n:02}" for n in range(20)):
        guess = setting(number, "persons", 0, "contact", "value")
        [arrival] = await a_door().read([a_record(related(guess))])
        assert isinstance(arrival.content, Submission)
        marked.add(arrival.content.contact_mark)
    for standing, is_found in ((Standing.TAKEN_IN_CHARGE, True), (Standing.CLOSED, False)):
        desk.tell(REPORT_ID, standing)
        assert (filed(desk).contact_mark in marked, filed(desk).role is not None) == (is_found, is_found)
    assert receipt(await hand_in(desk, revision(1))).outcome is receipt(first).outcome is Outcome.ACCEPTED
    await hand_in(desk, revision(2), 1)
    assert (filed(desk).revision, filed(desk).contact_mark, filed(desk).role) == (2, None, None)


async def test_what_is_kept_and_not_waited_for_any_more_keeps_its_trace() -> None:
    desk, trace = Desk(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    [arrival] = await a_door().read([a_record(revision(2))])
    arrival.cause = replace(arrival.cause, trace=trace)
    desk.take(arrival)
    kept = filed(desk).kept
    assert kept and kept.trace == trace
    desk.wait_in_vain(IDENTITY)
    assert ("traceparent", trace.encode()) in desk.unit.aside[-1].arrival.record.headers
