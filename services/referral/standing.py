"""Tells a station how far a case has come: one of three words, and the same to the stations of its duplicates."""

from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.saying import say
from services.referral.store import CASES, duplicates_of
from shared.delivery.unit import Work


def tell_standing(before: Case, after: Case, work: Work) -> None:
    """Tell the standing of a case, where it is another than before."""
    if after.standing is None or after.standing is before.standing:
        return
    say(facts.standing_changed(after, after.standing), after, work)
    for each in duplicates_of(after, work):
        standing = each.stands(after.standing)
        work.put(CASES, each.id, standing)
        tell_standing(each, standing, work)
