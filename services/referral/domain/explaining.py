"""Explication d'une attribution, in words that a worker can contest: what decided, and what each candidate was."""

from datetime import datetime

from services.referral.domain.assignment import Assignment
from shared.contracts.blocks import Candidate
from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.vocabulary import DecidingRule


class Said(Block):
    """One sentence, in both languages."""

    fr: str
    en: str


class OfCandidate(Block):
    """What was known of one candidate, a sentence a criterion."""

    post_id: OpaqueCode
    iscg_id: OpaqueCode
    criteria: tuple[Said, ...]


class Words(Block):
    """Why one assignment was made."""

    post_id: OpaqueCode
    iscg_id: OpaqueCode
    assigned_at: UtcTime
    decided: Said
    candidates: tuple[OfCandidate, ...]


ENGLISH = {
    DecidingRule.ONLY_CANDIDATE: "The only post that could take it",
    DecidingRule.KNOWS_PERSON: "Follows the person already, or did within a year",
    DecidingRule.BELOW_CEILING: "Has not reached her ceiling of open cases",
    DecidingRule.LIGHTEST_LOAD: "Has the lightest load for her working time",
    DecidingRule.LANGUAGE: "Speaks a language of the person",
    DecidingRule.COORDINATOR: "The coordinator has decided so",
    DecidingRule.COVER: "Has taken it over during an absence",
    DecidingRule.TIE_BREAK: "All else being equal, the order of the posts",
}
"""The rule that decided; in French it is the label of the code."""


def explain(assignment: Assignment) -> Words:
    """An assignment in words."""
    rule = assignment.explanation.rule
    return Words(
        post_id=assignment.post_id,
        iscg_id=assignment.iscg_id,
        assigned_at=assignment.assigned_at,
        decided=Said(fr=rule.label, en=ENGLISH[rule]),
        candidates=tuple(_of(each) for each in assignment.explanation.candidates),
    )


def _of(candidate: Candidate) -> OfCandidate:
    criteria = (_presence(candidate.present_at, candidate.is_present), _load(candidate), *_facts(candidate))
    return OfCandidate(post_id=candidate.post_id, iscg_id=candidate.iscg_id, criteria=criteria)


def _presence(present_at: datetime | None, is_present: bool) -> Said:
    if present_at is None:
        return Said(fr="Aucune permanence dans les quatorze jours", en="No presence within fourteen days")
    at = f"{present_at:%Y-%m-%d %H:%M} UTC"
    if is_present:
        return Said(fr=f"Présente à temps: {at}", en=f"There in time: {at}")
    return Said(fr=f"Présente trop tard: {at}", en=f"There too late: {at}")


def _load(candidate: Candidate) -> Said:
    load, share, weighted = candidate.load, candidate.share, candidate.weighted_load
    return Said(
        fr=f"{load} saisines ouvertes à {share} % de temps de travail, soit {weighted:g} à temps plein",
        en=f"{load} open cases at {share} % of full time, which is {weighted:g} at full time",
    )


def _facts(candidate: Candidate) -> list[Said]:
    told = [
        (candidate.knows_person, "Suit ou a suivi la personne", "Follows or followed the person"),
        (not candidate.is_below_ceiling, "A atteint son plafond", "Has reached her ceiling"),
        (candidate.speaks_language, "Parle une langue de la personne", "Speaks a language of the person"),
        (candidate.has_declined, "A décliné cette saisine", "Has declined this case"),
        (
            candidate.is_on_other_side,
            "Suit une autre personne de la même affaire",
            "Holds the case of another person of the same event",
        ),
    ]
    return [Said(fr=fr, en=en) for holds, fr, en in told if holds]
