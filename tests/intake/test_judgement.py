"""What becomes of a report, in sentences; and what its receipt proves."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.canonical import canonical
from services.intake.domain.filed import FiledReport
from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.receipt import receipt_of, signed
from services.intake.domain.receiving import (
    Accepted,
    Corrected,
    Counted,
    Kept,
    Rejected,
    Repeated,
    Verdict,
    judge,
    standing_after,
    warnings,
)
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from shared.contracts.check import Report, check_report
from shared.contracts.vocabulary import Force, LegalGround, ReceiptWarning, RejectReason, Standing
from shared.vault.sign import sign, verify
from tests.contracts.builders import Change, a_clear_part, setting
from tests.intake.builders import REPORT_ID, STATION, a_report, a_ring, arrive

HOME = Station(code=STATION, force=Force.GENDARMERIE, departement="31", commune="31555", zone="Europe/Paris")
SPEAKER = Integrator(code="gendarmerie", stations=frozenset({STATION}), authid=REPORT_ID)
STRANGER = SPEAKER.model_copy(update={"stations": frozenset()})
REFUSED = setting("refused", "persons", 0, "consent", "contact_by_iscg")
NO_PARTNER = (setting([], "partners_asked"), setting({}, "persons", 0, "consent", "partners"))


async def a_submission(*changes: Change, **clear: Any) -> Submission:
    arrival = await arrive(a_report(*changes, **clear))
    assert isinstance(arrival.content, Submission)
    return arrival.content


def filed(submission: Submission, verdict: Verdict | None = None) -> FiledReport:
    verdict = verdict or an_acceptance(submission)
    assert submission.case_id
    standing = standing_after(verdict, None)
    return FiledReport(
        integrator="gendarmerie",
        report_id=REPORT_ID,
        case_id=submission.case_id,
        revision=submission.revision,
        standing=standing,
        receipt=receipt_of(submission, verdict, standing, None, lambda payload: sign(payload, a_ring())),
        fingerprint=None if isinstance(verdict, Rejected) else submission.fingerprint,
    )


def an_acceptance(submission: Submission) -> Accepted:
    assert submission.report and submission.case_id
    return Accepted(submission.report, HOME, submission.case_id)


def judged(submission: Submission, before: FiledReport | None = None) -> Verdict | Repeated:
    return judge(submission, before, HOME, SPEAKER)


async def test_a_valid_report_of_a_known_station_is_accepted() -> None:
    submission = await a_submission()
    assert judged(submission) == an_acceptance(submission)


async def test_an_unknown_station_is_told_so() -> None:
    assert judge(await a_submission(), None, None, SPEAKER) == Rejected(RejectReason.UNKNOWN_STATION)


@pytest.mark.parametrize("speaker", [STRANGER, None])
async def test_an_integrator_may_not_speak_for_a_station_of_others(speaker: Integrator | None) -> None:
    assert judge(await a_submission(), None, HOME, speaker) == Rejected(RejectReason.STATION_NOT_ALLOWED)


async def test_a_refusal_without_ground_is_counted() -> None:
    submission = await a_submission(REFUSED, *NO_PARTNER, setting(None, "legal_ground"))
    assert submission.report
    assert judged(submission) == Counted(submission.report, HOME)


@pytest.mark.parametrize("ground", LegalGround)
async def test_a_refusal_with_a_legal_ground_opens_a_case(ground: LegalGround) -> None:
    submission = await a_submission(REFUSED, *NO_PARTNER, setting(ground.value, "legal_ground"))
    assert judged(submission) == an_acceptance(submission)


async def test_a_person_who_was_not_asked_yet_gets_a_case_so_that_she_is_asked() -> None:
    unasked = setting("not-asked", "persons", 0, "consent", "contact_by_iscg")
    submission = await a_submission(unasked, setting("Inconsciente.", "persons", 0, "consent", "why"))
    assert judged(submission) == an_acceptance(submission)


async def test_the_same_report_sealed_anew_is_a_repeat() -> None:
    first, again = await a_submission(), await a_submission()
    assert first.sha256 != again.sha256
    verdict = judged(again, filed(first))
    assert isinstance(verdict, Repeated)
    assert verdict.receipt.sha256 == first.sha256


async def test_a_repeat_gets_its_receipt_though_its_station_has_left_the_registry() -> None:
    first, again = await a_submission(), await a_submission()
    assert isinstance(judge(again, filed(first), None, None), Repeated)


async def test_the_same_time_in_another_offset_is_the_same_report() -> None:
    first = await a_submission(taken_at="2026-11-23T10:42:00+01:00")
    again = await a_submission(taken_at="2026-11-23T09:42:00Z")
    assert first.fingerprint == again.fingerprint


async def test_a_member_that_is_null_or_at_its_default_is_as_good_as_absent() -> None:
    first = await a_submission(setting(None, "legal_ground"), test=False)
    again = await a_submission(lambda content: content.pop("legal_ground"), test=False)
    assert first.fingerprint == again.fingerprint


def test_the_fingerprint_of_a_report_of_v1_never_changes() -> None:
    """Else, after an upgrade, a report that is sent again would look like another under the same id."""
    concerned = {"concerned": True, "role": "victim", "age_band": "25-39", "consent": {"contact_by_iscg": "given"}}
    content = {
        "act": {"kind": "none"},
        "origin": "outreach",
        "officer": "b7c1",
        "categories": ["other"],
        "penal": False,
        "persons": [concerned],
    }
    report = check_report(a_clear_part(report_id=str(REPORT_ID)), content)
    assert isinstance(report, Report)
    assert fingerprint(b"f" * 32, report) == "7fb83f3d23c6a74a483c8408e9ac3405a4cc3f10886025cadab75bd145d47822"


async def test_other_content_under_a_taken_id_is_refused() -> None:
    first, other = await a_submission(), await a_submission(setting("pvrj", "act", "kind"))
    assert judged(other, filed(first)) == Rejected(RejectReason.REPORT_ID_REUSED)


async def test_a_higher_revision_corrects() -> None:
    first, correction = await a_submission(revision=1), await a_submission(revision=2)
    assert correction.report and correction.case_id
    assert judged(correction, filed(first)) == Corrected(correction.report, HOME, correction.case_id)


async def test_a_correction_without_its_report_waits_for_it() -> None:
    assert judged(await a_submission(revision=2)) == Kept()


async def test_a_higher_revision_of_a_rejected_report_is_the_mended_report() -> None:
    first, mended = await a_submission(revision=1), await a_submission(revision=2)
    assert judged(mended, filed(first, Rejected(RejectReason.INVALID))) == an_acceptance(mended)


async def test_a_revision_from_before_is_stale() -> None:
    newer, older = await a_submission(revision=3), await a_submission(revision=2)
    assert judged(older, filed(newer)) == Rejected(RejectReason.STALE_REVISION)


async def test_a_rejected_report_leaves_its_id_free() -> None:
    submission = await a_submission()
    rejected = filed(submission, Rejected(RejectReason.UNKNOWN_STATION))
    assert judged(submission, rejected) == an_acceptance(submission)


async def test_a_stations_clock_ahead_is_a_warning_and_no_fault() -> None:
    submission = await a_submission(taken_at="2026-11-25T09:05:01+01:00")
    assert warnings(submission) == (ReceiptWarning.CLOCK_AHEAD,)


async def test_five_minutes_of_haste_are_forgiven_in_silence() -> None:
    assert warnings(await a_submission(taken_at="2026-11-25T09:05:00+01:00")) == ()


async def test_a_receipt_is_signed_over_its_canonical_form() -> None:
    receipt = filed(await a_submission()).receipt
    assert receipt.jws
    members = {name: value for name, value in receipt.clear().items() if name not in ("record", "event_id", "jws")}
    assert verify(receipt.jws, a_ring().public()) == rfc8785.dumps(members)
    assert signed(receipt, lambda payload: sign(payload, a_ring())) == receipt


async def test_the_receipt_proves_the_exact_bytes_that_were_taken() -> None:
    body = a_report()
    arrival = await arrive(body)
    assert isinstance(arrival.content, Submission)
    assert filed(arrival.content).receipt.sha256 == sha256(body).hexdigest()


async def test_the_order_of_members_makes_no_other_report() -> None:
    body = orjson.loads(a_report())
    turned = dict(reversed(list(body.items())))
    first, again = await arrive(orjson.dumps(body)), await arrive(orjson.dumps(turned))
    assert isinstance(first.content, Submission)
    assert isinstance(again.content, Submission)
    assert first.content.fingerprint == replace(again.content).fingerprint


@pytest.mark.parametrize(
    ("before", "after", "can"),
    [
        (Standing.RECEIVED, Standing.TAKEN_IN_CHARGE, True),
        (Standing.TAKEN_IN_CHARGE, Standing.TAKEN_IN_CHARGE, False),
        (Standing.TAKEN_IN_CHARGE, Standing.RECEIVED, False),
        (Standing.TAKEN_IN_CHARGE, Standing.CLOSED, True),
        (Standing.CLOSED, Standing.TAKEN_IN_CHARGE, False),
        (Standing.COUNTED, Standing.CLOSED, False),
    ],
)
async def test_a_standing_only_moves_on(before: Standing, after: Standing, can: bool) -> None:
    assert filed(await a_submission()).stands(before).can_become(after) is can


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_09A", max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_the_quick_canonical_form_is_that_of_rfc_8785(members: dict[str, Any]) -> None:
    assert canonical(members) == rfc8785.dumps(members)


async def test_a_person_is_told_again_by_keyed_digests_that_are_not_hers_to_guess() -> None:
    one = await a_submission()
    other = await a_submission(setting({"family": "d’EXAMPLE", "given": "exemple"}, "persons", 0, "name"))
    assert one.known_by and other.known_by
    assert set(one.known_by.names) & set(other.known_by.names)
    assert one.known_by.phone == other.known_by.phone
    assert "639980001" not in str(one.known_by)
