"""Which operation of the law each event tells of (article 25 of directive (EU) 2016/680).

One line an event; a test keeps the table complete. `why` and `to` name the member in clear that holds the
reason, and the one for whom it was done.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Operation = Literal["collection", "alteration", "consultation", "disclosure", "combination", "erasure"]


class Rule(NamedTuple):
    """How an event of one type reads as a line of the log."""

    operation: Operation
    why: str | None = None
    to: str | None = None


OPERATIONS: Mapping[str, Rule] = {
    "station.report-submitted.v1": Rule("collection"),
    "station.report-withdrawn.v1": Rule("alteration", why="reason"),
    "station.receipt-issued.v1": Rule("disclosure"),
    "report.accepted.v1": Rule("collection"),
    "report.corrected.v1": Rule("alteration"),
    "report.withdrawn.v1": Rule("alteration", why="reason"),
    "report.rejected.v1": Rule("collection", why="reason"),
    "report.counted.v1": Rule("collection"),
    "station.registered.v1": Rule("alteration", why="reason"),
    "station.closed.v1": Rule("alteration", why="reason"),
    "integrator.registered.v1": Rule("alteration", why="reason"),
    "integrator.closed.v1": Rule("alteration", why="reason"),
    "key.rotated.v1": Rule("alteration"),
    "key.destroyed.v1": Rule("erasure"),
    "case.opened.v1": Rule("alteration"),
    "case.corrected.v1": Rule("alteration"),
    "case.merged.v1": Rule("combination"),
    "case.parted.v1": Rule("alteration"),
    "case.link-changed.v1": Rule("combination"),
    "case.iscg-assigned.v1": Rule("disclosure", to="iscg_id"),
    "case.iscg-accepted.v1": Rule("alteration"),
    "case.iscg-declined.v1": Rule("alteration"),
    "case.escalated.v1": Rule("disclosure", why="reason"),
    "case.deadline-neared.v1": Rule("disclosure", why="kind"),
    "case.deadline-missed.v1": Rule("disclosure", why="kind"),
    "case.contact-attempted.v1": Rule("alteration"),
    "case.interview-held.v1": Rule("alteration"),
    "case.person-not-reached.v1": Rule("alteration"),
    "case.closed.v1": Rule("alteration", why="outcome"),
    "roster.post-changed.v1": Rule("alteration", why="reason"),
    "roster.coordinator-changed.v1": Rule("alteration", why="reason"),
    "roster.territory-changed.v1": Rule("alteration", why="reason"),
    "roster.fallback-changed.v1": Rule("alteration", why="reason"),
    "roster.partner-changed.v1": Rule("alteration", why="reason"),
    "case.referral-sent.v1": Rule("disclosure", to="referral_id"),
    "case.referral-link-renewed.v1": Rule("disclosure", to="referral_id"),
    "case.access-code-issued.v1": Rule("disclosure", to="referral_id"),
    "case.referral-answered.v1": Rule("alteration"),
    "case.referral-cancelled.v1": Rule("disclosure", why="reason", to="referral_id"),
    "case.referral-expired.v1": Rule("alteration"),
    "case.consent-collected.v1": Rule("collection"),
    "case.glass-broken.v1": Rule("disclosure"),
    "case.needs-assessed.v1": Rule("alteration"),
    "case.erased.v1": Rule("erasure", why="reason"),
    "case.legal-hold-changed.v1": Rule("alteration"),
    "case.standing-changed.v1": Rule("disclosure", to="integrator"),
    "station.presence-published.v1": Rule("disclosure", to="station"),
    "notification.sent.v1": Rule("disclosure", to="ref"),
    "notification.failed.v1": Rule("disclosure", why="reason", to="ref"),
    "access.personal-data-consulted.v1": Rule("consultation", why="purpose"),
    "access.referral-opened.v1": Rule("disclosure", to="referral_id"),
    "access.inspection-requested.v1": Rule("consultation"),
    "access.inspection-granted.v1": Rule("consultation", to="asked_by"),
    "access.log-consulted.v1": Rule("consultation", why="purpose"),
    "delivery.record-set-aside.v1": Rule("alteration", why="reason"),
    "delivery.record-discarded.v1": Rule("erasure", why="reason"),
}
