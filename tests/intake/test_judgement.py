from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import rfc8785

from services.intake.domain.filed import FiledReport
from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.receipt import receipt_of, signed
from services.intake.domain.receiving import Accepted, Counted, Rejected, Repeated, judge, warnings
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from shared.contracts.ids import case_id
from shared.contracts.vocabulary import Force, ReceiptWarning, RejectReason, Standing
from shared.vault.sign import sign, verify
from tests.contracts.builders import Change, setting
from tests.intake.builders import REPORT_ID, STATION, a_report, a_ring, arrive

KEY = b"k" * 32
HOME = Station(code=STATION, force=Force.GENDARMERIE, departement="31", commune="31555", zone="Europe/Paris")
SPEAKER = Integrator(code="gendarmerie", stations=frozenset({STATION}), authid=REPORT_ID)
REFUSED = setting("refused", "persons", 0, "consent", "contact_by_iscg")
NO_PARTNER = (setting([], "partners_asked"), setting({}, "persons", 0, "consent", "partners"))


async def a_submission(*changes: Change, **clear: Any) -> Submission:
    arrival = await arrive(a_report(*changes, **clear))
    assert isinstance(arrival.content, Submission)
    return arrival.content


def mark(submission: Submission) -> str:
    assert submission.report
    return fingerprint(KEY, submission.report)


def filed(submission: Submission, *, taken: bool = True) -> FiledReport:
    receipt = receipt_of(submission, Accepted(), None, lambda payload: sign(payload, a_ring()))
    return FiledReport(
        integrator="gendarmerie",
        report_id=REPORT_ID,
        case_id=case_id(KEY, "gendarmerie", REPORT_ID),
        revision=submission.revision or 0,
        standing=Standing.RECEIVED if taken else Standing.REJECTED,
        receipt=receipt,
        fingerprint=mark(submission) if taken else None,
    )


async def test_a_valid_report_of_a_known_station_is_accepted() -> None:
    submission = await a_submission()
    assert judge(submission, mark(submission), None, HOME, SPEAKER) == Accepted()


async def test_an_unknown_station_is_told_so() -> None:
    submission = await a_submission()
    assert judge(submission, mark(submission), None, None, SPEAKER) == Rejected(RejectReason.UNKNOWN_STATION)


async def test_an_integrator_may_not_speak_for_a_station_of_others() -> None:
    submission = await a_submission()
    stranger = SPEAKER.model_copy(update={"stations": frozenset()})
    assert judge(submission, mark(submission), None, HOME, stranger) == Rejected(RejectReason.STATION_NOT_ALLOWED)


async def test_a_refusal_without_ground_is_counted() -> None:
    submission = await a_submission(REFUSED, *NO_PARTNER, setting(None, "legal_ground"))
    assert judge(submission, mark(submission), None, HOME, SPEAKER) == Counted()


async def test_a_refusal_with_a_legal_ground_opens_a_case() -> None:
    submission = await a_submission(REFUSED, *NO_PARTNER, setting("vital-emergency", "legal_ground"))
    assert judge(submission, mark(submission), None, HOME, SPEAKER) == Accepted()


async def test_the_same_report_sealed_anew_is_a_repeat() -> None:
    first, again = await a_submission(), await a_submission()
    assert first.sha256 != again.sha256
    verdict = judge(again, mark(again), filed(first), HOME, SPEAKER)
    assert isinstance(verdict, Repeated)
    assert verdict.filed.receipt.sha256 == first.sha256


async def test_other_content_under_a_taken_id_is_refused() -> None:
    first, other = await a_submission(), await a_submission(setting("pvrj", "act", "kind"))
    assert judge(other, mark(other), filed(first), HOME, SPEAKER) == Rejected(RejectReason.REPORT_ID_REUSED)


async def test_a_revision_from_before_is_stale() -> None:
    newer, older = await a_submission(revision=3), await a_submission(revision=2)
    assert judge(older, mark(older), filed(newer), HOME, SPEAKER) == Rejected(RejectReason.STALE_REVISION)


async def test_a_rejected_report_leaves_its_id_free() -> None:
    submission = await a_submission()
    assert judge(submission, mark(submission), filed(submission, taken=False), HOME, SPEAKER) == Accepted()


async def test_a_stations_clock_ahead_is_a_warning_and_no_fault() -> None:
    submission = await a_submission(taken_at="2026-11-25T12:00:00+01:00")
    assert warnings(submission) == (ReceiptWarning.CLOCK_AHEAD,)


async def test_a_receipt_is_signed_over_its_canonical_form() -> None:
    submission = await a_submission()
    receipt = receipt_of(submission, Accepted(), None, lambda payload: sign(payload, a_ring()))
    assert receipt.jws
    members = {name: value for name, value in receipt.clear().items() if name not in ("record", "event_id", "jws")}
    assert verify(receipt.jws, a_ring().public()) == rfc8785.dumps(members)
    assert signed(receipt, lambda payload: sign(payload, a_ring())) == receipt


async def test_the_receipt_proves_the_exact_bytes_that_were_taken() -> None:
    body = a_report()
    arrival = await arrive(body)
    assert isinstance(arrival.content, Submission)
    receipt = receipt_of(arrival.content, Accepted(), None, lambda _: "signature")
    assert receipt.sha256 == sha256(body).hexdigest()


async def test_the_order_of_members_makes_no_other_report() -> None:
    body = orjson.loads(a_report())
    turned = dict(reversed(list(body.items())))
    first, again = await arrive(orjson.dumps(body)), await arrive(orjson.dumps(turned))
    assert isinstance(first.content, Submission)
    assert isinstance(again.content, Submission)
    assert mark(first.content) == mark(replace(again.content))
