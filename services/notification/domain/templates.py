"""Modèles d'avis: the names and versions of all texts. What they say stands in `templates/`, a file a language."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode

FRENCH, ENGLISH = "fr", "en"
LANGUAGES = (FRENCH, ENGLISH)


class Words(Block):
    """A notice as its recipient reads it."""

    subject: str
    body: str


class Template(Block):
    """Modèle d'avis. A text that was ever sent is never changed: it gets a new version."""

    name: OpaqueCode
    version: int = 1


ISCG_ASSIGNED = Template(name="iscg-assigned")
ISCG_UNTOLD = Template(name="iscg-untold")
CASE_ESCALATED = Template(name="case-escalated")
ON_CALL_ESCALATED = Template(name="on-call-escalated")
DEADLINE_NEARED = Template(name="deadline-neared")
DEADLINE_MISSED = Template(name="deadline-missed")
LATE_DIGEST = Template(name="late-digest")
MANY_DIGEST = Template(name="many-digest")
CASE_CORRECTED = Template(name="case-corrected")
CASE_MERGED = Template(name="case-merged")
CASE_PARTED = Template(name="case-parted")
CASE_ENDED = Template(name="case-ended")
GLASS_BROKEN = Template(name="glass-broken")
ACCESS_CHANGED = Template(name="access-changed")
PARTNER_REFERRED = Template(name="partner-referred")
PARTNER_LINK = Template(name="partner-link")
PARTNER_CODE = Template(name="partner-code")
PARTNER_ANSWERED = Template(name="partner-answered")
REFERRAL_EXPIRED = Template(name="referral-expired")
REFERRAL_CANCELLED = Template(name="referral-cancelled")
PERSON_CALL_BACK = Template(name="person-call-back")
PERSON_APPOINTMENT = Template(name="person-appointment")
PERSON_UNTOLD = Template(name="person-untold")

ALL = (
    *(ISCG_ASSIGNED, ISCG_UNTOLD, CASE_ESCALATED, ON_CALL_ESCALATED),
    *(DEADLINE_NEARED, DEADLINE_MISSED, LATE_DIGEST, MANY_DIGEST),
    *(CASE_CORRECTED, CASE_MERGED, CASE_PARTED, CASE_ENDED, GLASS_BROKEN, ACCESS_CHANGED),
    *(PARTNER_REFERRED, PARTNER_LINK, PARTNER_CODE),
    *(PARTNER_ANSWERED, REFERRAL_EXPIRED, REFERRAL_CANCELLED),
    *(PERSON_CALL_BACK, PERSON_APPOINTMENT, PERSON_UNTOLD),
)
TEMPLATES: Mapping[tuple[str, int], Template] = MappingProxyType({(each.name, each.version): each for each in ALL})
"""Every text that a notice which is still owed may need, by name and version."""


def spoken(language: str) -> str:
    """In which of our languages somebody is told: French, unless they read English."""
    return ENGLISH if language.split("-", maxsplit=1)[0] == ENGLISH else FRENCH
