"""The closed lists of the trade: one class a list, its docstring the French term of art."""

from shared.contracts.vocabulary.answer import FaultCode, Helpline, Outcome, ReceiptWarning, RejectReason, Standing
from shared.contracts.vocabulary.code import Code, closed_lists
from shared.contracts.vocabulary.partner import GROUND_FITS, Fit, LegalGround, PartnerType, can_be_told
from shared.contracts.vocabulary.person import (
    AgeBand,
    ConsentAnswer,
    ConsentHow,
    ContactChannel,
    Need,
    Role,
    Sex,
    Weekday,
)
from shared.contracts.vocabulary.report import (
    ActKind,
    Category,
    Force,
    Origin,
    RegistryReason,
    Urgency,
    WithdrawalReason,
)
from shared.contracts.vocabulary.work import (
    DecidingRule,
    EscalationReason,
    NoticeChannel,
    NoticeFailure,
    OpenedPart,
    Purpose,
    RecipientRole,
    SetAsideReason,
)

__all__ = [
    "GROUND_FITS",
    "ActKind",
    "AgeBand",
    "Category",
    "Code",
    "ConsentAnswer",
    "ConsentHow",
    "ContactChannel",
    "DecidingRule",
    "EscalationReason",
    "FaultCode",
    "Fit",
    "Force",
    "Helpline",
    "LegalGround",
    "Need",
    "NoticeChannel",
    "NoticeFailure",
    "OpenedPart",
    "Origin",
    "Outcome",
    "PartnerType",
    "Purpose",
    "ReceiptWarning",
    "RecipientRole",
    "RegistryReason",
    "RejectReason",
    "Role",
    "SetAsideReason",
    "Sex",
    "Standing",
    "Urgency",
    "Weekday",
    "WithdrawalReason",
    "can_be_told",
    "closed_lists",
]
