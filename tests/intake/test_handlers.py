"""What intake says and keeps because of a report, and because its case stands differently."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.handlers import NoSuchReport, on_presence_published
from shared.contracts.blocks import Opening
from shared.contracts.events import PresencePublished, ReceiptIssued, ReportAccepted, ReportCounted, ReportRejected
from shared.contracts.vocabulary import Outcome, RejectReason, Standing
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Cause
from shared.delivery.unit import Said
from tests.contracts.builders import Change, setting
from tests.intake.builders import REPORT_ID, STATION, T0, a_door, a_record, a_report, headers
from tests.intake.desk import Desk, events

REFUSED: tuple[Change, ...] = (
    setting("refused", "persons", 0, "consent", "contact_by_iscg"),
    setting([], "partners_asked"),
)
IDENTITY = f"gendarmerie/{REPORT_ID}"
BODIES: dict[str, Callable[[], bytes]] = {
    "valid": a_report,
    "in other words": lambda: a_report(setting("pvrj", "act", "kind")),
    "corrected": lambda: a_report(revision=2),
    "refused": lambda: a_report(*REFUSED),
    "invalid": lambda: a_report(urgency="soon"),
    "of a stranger": lambda: a_report(station="PN-31-0001"),
    "of nobody": lambda: a_report(station="PN-31-9999"),
    "too large": lambda: b"x" * 300_000,
}


async def arrivals(*bodies: bytes) -> Sequence[Arrival]:
    return await a_door().read([a_record(body, offset=offset) for offset, body in enumerate(bodies)])


async def taken(desk: Desk, *bodies: bytes) -> list[list[Said]]:
    return [desk.take(arrival) for arrival in await arrivals(*bodies)]


async def test_an_accepted_report_is_said_of_its_case_and_answered_to_its_station() -> None:
    [[accepted, answered]] = await taken(Desk(), a_report())
    assert isinstance(accepted.event, ReportAccepted)
    case = str(accepted.event.case_id)
    assert (accepted.envelope.subject, accepted.envelope.correlation_id) == (case, case)
    assert (answered.topic, answered.envelope.subject) == ("station.receipts.gendarmerie", str(REPORT_ID))
    assert answered.envelope.correlation_id == str(REPORT_ID)


async def test_an_accepted_report_carries_its_person_in_two_sealed_parts() -> None:
    [said] = await taken(Desk(), a_report())
    [accepted] = events(said, ReportAccepted)
    assert accepted.contact.name.family == "EXAMPLE"
    assert "EXAMPLE" not in accepted.file.model_dump_json()


async def test_a_counted_report_leads_to_no_person() -> None:
    desk = Desk()
    [[counted, answered]] = await taken(desk, a_report(*REFUSED))
    assert isinstance(counted.event, ReportCounted)
    assert (counted.envelope.subject, counted.envelope.correlation_id) == (STATION, None)
    assert counted.event.month == "2026-11"
    assert "EXAMPLE" not in answered.event.model_dump_json() + str(desk.filed(IDENTITY))


async def test_a_rejected_report_is_said_of_the_case_that_it_would_have_had() -> None:
    [[rejected, _], [accepted, _]] = await taken(Desk(), a_report(urgency="soon"), a_report())
    assert rejected.envelope.subject == accepted.envelope.subject
    assert (rejected.envelope.sequence, accepted.envelope.sequence) == (1, 2)


async def test_what_has_no_id_is_answered_under_its_records_place() -> None:
    nameless = a_record(a_report(report_id=7), headers(ce_subject=None))
    [arrival] = await a_door().read([nameless])
    rejected, answered = Desk().take(arrival)
    cause = str(nameless.place.cause())
    assert (rejected.envelope.subject, rejected.envelope.correlation_id) == (cause, None)
    assert (answered.envelope.subject, answered.envelope.correlation_id) == (cause, None)


async def test_faults_go_to_the_station_and_to_nobody_else() -> None:
    [said] = await taken(Desk(), a_report(urgency="soon"))
    [receipt], [rejected] = events(said, ReceiptIssued), events(said, ReportRejected)
    assert [fault.pointer for fault in receipt.faults] == ["/urgency"]
    assert "urgency" not in rejected.model_dump_json()


async def test_a_receipt_says_when_somebody_will_next_be_there() -> None:
    desk, opening = Desk(), Opening(opens_at=T0, closes_at=T0.replace(hour=12))
    over = Opening(opens_at=T0.replace(hour=6), closes_at=T0.replace(hour=7))
    known = PresencePublished(station=STATION, openings=(over, opening), on_call=False)
    on_presence_published(known, desk.work(Cause(UUID(int=7), T0)))
    assert desk.openings(STATION) == (over, opening)
    [said] = await taken(desk, a_report())
    assert events(said, ReceiptIssued)[0].next_presence == opening


async def test_without_a_presence_the_receipt_does_not_know_and_has_numbers_to_call() -> None:
    [said] = await taken(Desk(), a_report())
    [receipt] = events(said, ReceiptIssued)
    assert receipt.next_presence is None
    assert [number.value for number in receipt.numbers] == ["17", "115", "3919", "119", "114"]


async def test_a_station_is_told_once_that_its_report_was_taken_in_charge() -> None:
    desk = Desk()
    await taken(desk, a_report())
    [said] = desk.tell(REPORT_ID, Standing.TAKEN_IN_CHARGE)
    assert isinstance(said.event, ReceiptIssued)
    assert (said.event.outcome, said.event.standing) == (Outcome.STANDING, Standing.TAKEN_IN_CHARGE)
    assert said.envelope.sequence == 2
    assert desk.tell(REPORT_ID, Standing.TAKEN_IN_CHARGE) == []


async def test_nothing_is_told_after_a_report_is_closed() -> None:
    desk = Desk()
    await taken(desk, a_report())
    assert len(desk.tell(REPORT_ID, Standing.CLOSED)) == 1
    assert desk.tell(REPORT_ID, Standing.TAKEN_IN_CHARGE) == []


async def test_a_standing_of_a_report_that_nobody_took_raises_the_alarm() -> None:
    desk = Desk()
    with pytest.raises(NoSuchReport):
        desk.tell(REPORT_ID, Standing.CLOSED)
    await taken(desk, a_report(urgency="soon"))
    with pytest.raises(NoSuchReport):
        desk.tell(REPORT_ID, Standing.CLOSED)


async def test_a_repeat_after_acceptance_still_gets_its_first_receipt() -> None:
    desk = Desk()
    [[_, first]] = await taken(desk, a_report())
    desk.tell(REPORT_ID, Standing.TAKEN_IN_CHARGE)
    [[again]] = await taken(desk, a_report())
    assert isinstance(first.event, ReceiptIssued) and isinstance(again.event, ReceiptIssued)
    assert again.event.jws == first.event.jws


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(BODIES)), min_size=1, max_size=8))
async def test_whatever_comes_under_one_identity_opens_one_case_at_most(kinds: list[str]) -> None:
    desk = Desk()
    said = await taken(desk, *(BODIES[kind]() for kind in kinds))
    cases = [event for each in said for event in events(each, ReportAccepted)]
    counts = [event for each in said for event in events(each, ReportCounted)]
    reports = [kind for kind in kinds if kind in ("valid", "in other words", "refused")]
    assert len(cases) <= 1
    assert bool(cases or counts) == bool(reports or _is_mended_by_correction(kinds))
    assert len(counts) <= 1


def _is_mended_by_correction(kinds: list[str]) -> bool:
    """A correction is taken as the report if that was rejected; nobody can tell that what can't be read was it."""
    if "corrected" not in kinds:
        return False
    earlier = kinds[: kinds.index("corrected")]
    return bool(earlier or set(kinds) - {"corrected", "too large"})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(BODIES)), min_size=1, max_size=8))
async def test_every_record_gets_exactly_one_receipt_and_repeats_get_the_first(kinds: list[str]) -> None:
    said = await taken(Desk(), *(BODIES[kind]() for kind in kinds))
    receipts = [[each for each in events(one, ReceiptIssued) if each.record] for one in said]
    assert [len(each) for each in receipts] == [1] * len(kinds)
    accepted = {each.jws for [each] in receipts if each.revision == 1 and each.outcome is not Outcome.REJECTED}
    assert len(accepted) <= 1


@given(st.sampled_from(["invalid", "of a stranger", "of nobody", "too large"]))
@settings(deadline=None, max_examples=10)
async def test_a_rejected_report_never_occupies_its_id(kind: str) -> None:
    desk = Desk()
    [rejected, accepted] = await taken(desk, BODIES[kind](), a_report())
    assert events(rejected, ReceiptIssued)[0].reason in RejectReason
    assert events(accepted, ReceiptIssued)[0].outcome is Outcome.ACCEPTED
