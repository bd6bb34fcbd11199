"""Réunion et rapprochement: which cases may be told to be of one person, and which may become one."""

from services.referral.domain.case import Case


class NotMergeable(Exception):
    """Only two open cases become one, neither a duplicate already, nor a test with one that is none."""


class OtherPerson(Exception):
    """The reports of these cases name each other as those of other people of the same event: they are kept apart."""


def check_same_person(case: Case, other: Case) -> None:
    """Raises `OtherPerson`, where they can't be of one person."""
    if other.report_id in case.related_to or case.report_id in other.related_to:
        raise OtherPerson


def check_mergeable(duplicate: Case, survivor: Case, *, has_duplicates: bool) -> None:
    """Raises `NotMergeable`, `OtherPerson`. `has_duplicates`: others were merged into the first before."""
    is_over = any(each.is_ended or each.survivor_id for each in (duplicate, survivor))
    if is_over or has_duplicates or duplicate.id == survivor.id or duplicate.test is not survivor.test:
        raise NotMergeable
    check_same_person(duplicate, survivor)
