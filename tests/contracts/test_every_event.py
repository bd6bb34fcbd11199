"""What holds for every event of the first version."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import events as e
from shared.contracts.event import Event
from shared.contracts.fields import Routing, Sealed
from shared.contracts.schemas import schemas
from shared.contracts.topics import BY_TYPE, EVENTS
from tests.contracts.builders import from_schema

SCHEMAS = schemas()
BLOCKS = {
    (e.ReportAccepted, "contact"): "report.accepted.v1.contact",
    (e.ReportAccepted, "file"): "report.accepted.v1.file",
    (e.ReportCorrected, "contact"): "report.corrected.v1.contact",
    (e.ReportCorrected, "file"): "report.corrected.v1.file",
    (e.IscgAssigned, "notify"): "case.notify.v1",
    (e.IscgAssigned, "file"): "case.iscg-assigned.v1.file",
    (e.IscgDeclined, "file"): "case.iscg-declined.v1.file",
    (e.CaseEscalated, "notify"): "case.notify.v1",
    (e.DeadlineNeared, "notify"): "case.notify.v1",
    (e.DeadlineMissed, "notify"): "case.notify.v1",
    (e.ContactAttempted, "file"): "case.contact-attempted.v1.file",
    (e.InterviewHeld, "file"): "case.interview-held.v1.file",
    (e.CaseClosed, "notify"): "case.notify.v1",
    (e.CaseClosed, "file"): "case.closed.v1.file",
    (e.ReferralAnswered, "notify"): "case.notify.v1",
    (e.ReferralAnswered, "file"): "case.referral-answered.v1.file",
    (e.ReferralCancelled, "notify"): "case.notify.v1",
    (e.ReferralExpired, "notify"): "case.notify.v1",
    (e.GlassBroken, "notify"): "case.notify.v1",
    (e.AccessChanged, "notify"): "case.notify.v1",
    (e.NeedsAssessed, "file"): "case.needs-assessed.v1.file",
    (e.ConsentCollected, "file"): "case.consent-collected.v1.file",
    (e.ReferralSent, "notify"): "case.notify.v1",
    (e.CaseCorrected, "notify"): "case.notify.v1",
    (e.CaseMerged, "notify"): "case.notify.v1",
    (e.CaseParted, "notify"): "case.notify.v1",
    (e.ReferralLinkRenewed, "notify"): "case.notify.v1",
    (e.AccessCodeIssued, "notify"): "case.notify.v1",
    (e.PersonNoticeRequested, "notify"): "case.notify.v1",
    (e.PersonNoticeRequested, "file"): "case.person-notice-requested.v1.file",
    (e.ReferralSent, "file"): "case.referral-sent.v1.file",
}


def some(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return from_schema(schema, schema.get("$defs", {}))


def wire_and_blocks(kind: type[Event]) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    blocks = {name: some(SCHEMAS[BLOCKS[kind, name]]) for name in kind.sealed_members()}
    return st.tuples(some(SCHEMAS[kind.type]), st.fixed_dictionaries(blocks))


any_event = st.sampled_from(EVENTS).flatmap(lambda kind: st.tuples(st.just(kind), wire_and_blocks(kind)))


def test_the_types_are_those_of_the_design() -> None:
    assert set(BY_TYPE) == {
        "station.report-submitted.v1",
        "station.report-withdrawn.v1",
        "station.receipt-issued.v1",
        "station.presence-published.v1",
        "station.registered.v1",
        "station.closed.v1",
        "integrator.registered.v1",
        "integrator.closed.v1",
        "key.rotated.v1",
        "key.destroyed.v1",
        "report.accepted.v1",
        "report.corrected.v1",
        "report.withdrawn.v1",
        "report.rejected.v1",
        "report.counted.v1",
        "case.opened.v1",
        "case.iscg-assigned.v1",
        "case.iscg-accepted.v1",
        "case.iscg-declined.v1",
        "case.escalated.v1",
        "case.deadline-neared.v1",
        "case.deadline-missed.v1",
        "case.contact-attempted.v1",
        "case.interview-held.v1",
        "case.person-not-reached.v1",
        "case.closed.v1",
        "roster.post-changed.v1",
        "roster.coordinator-changed.v1",
        "roster.territory-changed.v1",
        "roster.fallback-changed.v1",
        "roster.partner-changed.v1",
        "roster.access-changed.v1",
        "roster.presence-agreed.v1",
        "case.corrected.v1",
        "case.merged.v1",
        "case.parted.v1",
        "case.link-changed.v1",
        "case.referral-sent.v1",
        "case.referral-link-renewed.v1",
        "case.access-code-issued.v1",
        "access.referral-opened.v1",
        "access.inspection-requested.v1",
        "access.inspection-granted.v1",
        "case.referral-answered.v1",
        "case.referral-cancelled.v1",
        "case.referral-expired.v1",
        "case.consent-collected.v1",
        "case.glass-broken.v1",
        "case.needs-assessed.v1",
        "case.erased.v1",
        "case.legal-hold-changed.v1",
        "case.standing-changed.v1",
        "notification.sent.v1",
        "notification.failed.v1",
        "notification.delivered.v1",
        "notification.bounced.v1",
        "notification.contact-stopped.v1",
        "case.person-notice-requested.v1",
        "case.contact-stop-requested.v1",
        "access.personal-data-consulted.v1",
        "access.log-consulted.v1",
        "access.unusual-access-seen.v1",
        "delivery.record-set-aside.v1",
        "delivery.record-discarded.v1",
        "delivery.day-closed.v1",
        "delivery.events-missing.v1",
        "audit.checkpoint-signed.v1",
    }


@pytest.mark.parametrize("kind", EVENTS)
def test_every_member_is_either_routing_or_sealed(kind: type[Event]) -> None:
    for name, field in kind.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Routing | Sealed)]
        assert len(marks) == 1, name


@pytest.mark.parametrize("kind", EVENTS)
def test_no_event_has_sealed_members_but_notify_contact_and_file(kind: type[Event]) -> None:
    allowed = {"notify": "contact", "contact": "contact", "file": "file"}
    assert kind.sealed_members().items() <= allowed.items()


@pytest.mark.parametrize("kind", EVENTS)
def test_every_sealed_member_may_stay_closed_to_its_reader(kind: type[Event]) -> None:
    assert all(kind.model_fields[name].default is None for name in kind.sealed_members())


@given(any_event)
def test_what_is_said_in_clear_and_in_blocks_is_read_back_the_same(
    case: tuple[type[Event], tuple[Any, dict[str, Any]]],
) -> None:
    kind, (wire, blocks) = case
    event = kind.read(wire, {name: orjson.dumps(block) for name, block in blocks.items()})
    assert kind.read(orjson.loads(orjson.dumps(event.clear())), event.blocks()) == event


@given(any_event)
def test_nothing_sealed_appears_in_clear(case: tuple[type[Event], tuple[Any, dict[str, Any]]]) -> None:
    kind, (wire, blocks) = case
    event = kind.read(wire, {name: orjson.dumps(block) for name, block in blocks.items()})
    assert not event.clear().keys() & kind.sealed_members()
    assert event.blocks().keys() == blocks.keys()


@given(any_event)
def test_a_reader_ignores_members_that_were_added_later(case: tuple[type[Event], tuple[Any, dict[str, Any]]]) -> None:
    kind, (wire, blocks) = case
    opened = {name: orjson.dumps(block) for name, block in blocks.items()}
    grown = {name: orjson.dumps(_with_one_more(block)) for name, block in blocks.items()}
    assert kind.read(_with_one_more(wire), grown) == kind.read(wire, opened)


def _with_one_more(json: Any) -> Any:
    """A member `later` in every object of a known shape; maps keep their keys."""
    if isinstance(json, list):
        return [_with_one_more(each) for each in json]
    if isinstance(json, dict):
        return {name: each if name == "partners" else _with_one_more(each) for name, each in json.items()} | {
            "later": 1
        }
    return json


def test_a_stray_member_of_a_producer_is_refused() -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        e.CheckpointSigned.model_validate({"origin": "log", "size": 1, "note": "n", "stray": 1})


def test_an_error_never_shows_what_was_given() -> None:
    with pytest.raises(ValueError, match="uuid_parsing") as caught:
        e.IscgAccepted.model_validate({"assignment_id": "Odette Zyxwv", "iscg_id": "i"})
    assert "Zyxwv" not in str(caught.value)
