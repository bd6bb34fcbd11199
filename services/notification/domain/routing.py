"""Who is told what: every event that somebody must hear of, every role that hears of it, in one table."""

from collections.abc import Mapping
from types import MappingProxyType

from services.notification.domain.notice import NoticeKind
from services.notification.domain.templates import (
    CASE_CORRECTED,
    CASE_ENDED,
    CASE_ESCALATED,
    CASE_MERGED,
    CASE_PARTED,
    DEADLINE_MISSED,
    DEADLINE_NEARED,
    GLASS_BROKEN,
    ISCG_ASSIGNED,
    LATE_DIGEST,
    ON_CALL_ESCALATED,
    PARTNER_ANSWERED,
    PARTNER_CODE,
    PARTNER_LINK,
    PARTNER_REFERRED,
    REFERRAL_CANCELLED,
    REFERRAL_EXPIRED,
    Template,
)
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import RecipientRole

OF_OURS = (RecipientRole.ISCG, RecipientRole.COVER, RecipientRole.COORDINATOR, RecipientRole.ON_CALL)
ROUTES: Mapping[tuple[NoticeKind, RecipientRole], Template] = MappingProxyType(
    {
        (NoticeKind.ASSIGNED, RecipientRole.ISCG): ISCG_ASSIGNED,
        (NoticeKind.ASSIGNED, RecipientRole.COVER): ISCG_ASSIGNED,
        (NoticeKind.ESCALATED, RecipientRole.COORDINATOR): CASE_ESCALATED,
        (NoticeKind.ESCALATED, RecipientRole.ON_CALL): ON_CALL_ESCALATED,
        (NoticeKind.REFERRAL, RecipientRole.PARTNER): PARTNER_REFERRED,
        **{(NoticeKind.REMINDER, role): DEADLINE_NEARED for role in OF_OURS},
        **{(NoticeKind.MISSED, role): DEADLINE_MISSED for role in OF_OURS},
        (NoticeKind.REMINDER, RecipientRole.PARTNER): DEADLINE_NEARED,
        (NoticeKind.ANSWERED, RecipientRole.ISCG): PARTNER_ANSWERED,
        (NoticeKind.ANSWERED, RecipientRole.COVER): PARTNER_ANSWERED,
        (NoticeKind.EXPIRED, RecipientRole.ISCG): REFERRAL_EXPIRED,
        (NoticeKind.EXPIRED, RecipientRole.COVER): REFERRAL_EXPIRED,
        (NoticeKind.CANCELLED, RecipientRole.PARTNER): REFERRAL_CANCELLED,
        (NoticeKind.LINK, RecipientRole.PARTNER): PARTNER_LINK,
        (NoticeKind.CODE, RecipientRole.PARTNER): PARTNER_CODE,
        **{(NoticeKind.GLASS_BROKEN, role): GLASS_BROKEN for role in OF_OURS},
        (NoticeKind.CORRECTED, RecipientRole.ISCG): CASE_CORRECTED,
        (NoticeKind.CORRECTED, RecipientRole.COVER): CASE_CORRECTED,
        (NoticeKind.DIGEST, RecipientRole.COORDINATOR): LATE_DIGEST,
        (NoticeKind.MERGED, RecipientRole.ISCG): CASE_MERGED,
        (NoticeKind.MERGED, RecipientRole.COVER): CASE_MERGED,
        (NoticeKind.PARTED, RecipientRole.ISCG): CASE_PARTED,
        (NoticeKind.PARTED, RecipientRole.COVER): CASE_PARTED,
        (NoticeKind.ENDED, RecipientRole.ISCG): CASE_ENDED,
        (NoticeKind.ENDED, RecipientRole.COVER): CASE_ENDED,
    }
)
"""The first row of a kind names who must hear of it, whoever else does."""


class NothingToTell(Exception):
    """An event names a recipient for whose role it has no notice."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def template_for(kind: NoticeKind, role: RecipientRole) -> Template:
    """What this role is told. Raises `NothingToTell`: the record is then set aside, since somebody may not be told."""
    template = ROUTES.get((kind, role))
    if template is None:
        raise NothingToTell
    return template


def nobody_to_tell(kind: NoticeKind) -> Recipient:
    """Who stands for the recipient that an event should name and does not: in the role that must hear of it."""
    role = next(role for row, role in ROUTES if row is kind)
    return Recipient(ref="nobody", role=role, channels=())
