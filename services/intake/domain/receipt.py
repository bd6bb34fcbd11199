"""Accusés de réception: what a station is answered, and can prove for years."""

from collections.abc import Callable

from services.intake.domain.canonical import canonical
from services.intake.domain.filed import FiledReport
from services.intake.domain.receiving import (
    Accepted,
    Corrected,
    Counted,
    Kept,
    Rejected,
    Verdict,
    Withdrawn,
    warnings,
)
from services.intake.domain.submission import Submission
from shared.contracts.blocks import Opening
from shared.contracts.events import ReceiptIssued
from shared.contracts.vocabulary import Helpline, Outcome, Standing

Sign = Callable[[bytes], str]
"""A signature over bytes; the same bytes give the same signature."""

NUMBERS = (Helpline.POLICE, Helpline.SHELTER, Helpline.LISTENING, Helpline.CHILDREN, Helpline.SMS)
"""The same for everybody: numbers chosen by what happened would tell it, in clear."""

OUTCOMES = {
    Accepted: Outcome.ACCEPTED,
    Counted: Outcome.COUNTED,
    Corrected: Outcome.CORRECTED,
    Withdrawn: Outcome.WITHDRAWN,
    Kept: Outcome.KEPT,
    Rejected: Outcome.REJECTED,
}


def receipt_of(
    submission: Submission, verdict: Verdict, standing: Standing, presence: Opening | None, sign: Sign
) -> ReceiptIssued:
    """The signed answer to a submission; it does not name the record yet."""
    receipt = ReceiptIssued(
        report_id=submission.report_id,
        revision=submission.revision,
        outcome=OUTCOMES[type(verdict)],
        reason=verdict.reason if isinstance(verdict, Rejected) else None,
        standing=standing,
        faults=verdict.faults if isinstance(verdict, Rejected) else (),
        warnings=warnings(submission),
        sha256=submission.sha256,
        received_at=submission.received_at,
        next_presence=presence,
        numbers=NUMBERS,
    )
    return signed(receipt, sign)


def receipt_of_standing(filed: FiledReport, sign: Sign) -> ReceiptIssued:
    """The signed news that a report stands differently now."""
    receipt = ReceiptIssued(
        report_id=filed.report_id,
        revision=filed.revision,
        outcome=Outcome.STANDING,
        standing=filed.standing,
        received_at=filed.receipt.received_at,
    )
    return signed(receipt, sign)


def naming(receipt: ReceiptIssued, submission: Submission) -> ReceiptIssued:
    """The receipt, naming the record that it answers; the signature does not cover that."""
    return receipt.model_copy(update={"record": submission.place, "event_id": submission.event_id})


def signed(receipt: ReceiptIssued, sign: Sign) -> ReceiptIssued:
    """The receipt with its signature, over the RFC 8785 form of its signed members."""
    return receipt.model_copy(update={"jws": sign(canonical(receipt.signed_members()))})
