"""What an operator may set for referral."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from services.referral.domain.emergencies import EmergencyTerms
from services.referral.domain.terms import OURS, Span, Spans, Terms
from shared.production import Rule
from shared.secret_settings import CodeSecrets, LinkSecrets, Secrets, keys_in
from shared.settings import Port, ServiceSettings
from shared.vault import Compartment
from shared.vault.links import Codes, Links, Sessions

HIDDEN_BELOW = 5
Seconds = Annotated[int, Field(ge=1, le=90 * 24 * 3600)]
Kept = Annotated[int, Field(ge=0, le=3650)]
FOR_PEOPLE = (
    Rule(
        ("hidden_below",),
        lambda told: told.hidden_below < HIDDEN_BELOW,
        f"RELAIS_HIDDEN_BELOW shows counts by which one finds people: set it to {HIDDEN_BELOW} or more",
    ),
    Rule(
        ("keep_days",),
        lambda told: told.keep_days < 1,
        "RELAIS_KEEP_DAYS erases each case as soon as it ends: set it to 1 or more",
    ),
)
Days = Annotated[int, Field(ge=1, le=60)]


class ReferralSettings(ServiceSettings):
    """Settings of referral: its doors, and its deadlines, which are ours: no national delay exists."""

    service: ClassVar[str] = "referral"
    rules: ClassVar[tuple[Rule, ...]] = (*ServiceSettings.rules, *FOR_PEOPLE)
    compartments: ClassVar[tuple[Compartment, ...]] = ("contact", "file", "set-aside", "access")

    http_port: Port = Field(8102, description="a port, 0 for any free one")
    metrics_port: Port = Field(9102, description="a port, 0 for any free one")
    accept_within_immediate: Seconds = Field(3600, description="seconds in which an immediate case must be accepted")
    accept_within_urgent: Seconds = Field(24 * 3600, description="seconds in which an urgent case must be accepted")
    accept_within_standard_days: Days = Field(5, description="working days in which a standard case must be accepted")
    answer_within: Seconds = Field(30 * 24 * 3600, description="seconds in which a partner must answer, as in DORA")

    break_glass_most: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="how many emergency accesses (break-glass) an ISCG may take in 24 hours, 1 to 100"
    )
    break_glass_sign_in_within: Annotated[int, Field(ge=60, le=86400)] = Field(
        900, description="seconds since the sign-in within which an emergency access may be taken, 60 to 86400"
    )

    keep_days: Kept = Field(730, description="days after the last contact for which an ended case is kept")

    hidden_below: Annotated[int, Field(ge=1, le=1000)] = Field(
        HIDDEN_BELOW, description="statistics hide counts below this"
    )

    def keep(self) -> timedelta:
        """For how long an ended case is kept after the last contact (CNIL on social files: two years)."""
        return timedelta(days=self.keep_days)

    def emergency(self) -> EmergencyTerms:
        """How often an emergency access may be taken, and how soon after signing in."""
        return EmergencyTerms(self.break_glass_most, timedelta(seconds=self.break_glass_sign_in_within))

    def terms(self) -> Terms:
        """The deadlines, as the domain knows them; a département may have others of its own."""
        accepted = Spans(
            immediate=Span(seconds=self.accept_within_immediate),
            urgent=Span(seconds=self.accept_within_urgent),
            standard=Span(working_days=self.accept_within_standard_days),
        )
        return OURS.model_copy(
            update={"to_be_accepted": accepted, "answer_within": timedelta(seconds=self.answer_within)}
        )


class ReferralServiceSettings(ReferralSettings):
    """What the service is told besides, and no command: with these secrets one answers as any partner."""

    link_secrets: LinkSecrets
    code_secrets: CodeSecrets
    link_base: str = Field(
        "http://127.0.0.1:8102",
        pattern=r"^https?://[^\s/?#]+$",
        description="where this service's door is seen from outside, without a path: links in FHIR lead there",
    )
    session_secrets: Secrets = Field(
        description="32 characters or more, by which a page knows that a code was given; newest first, by comma"
    )

    def links(self) -> tuple[Links, Codes, Sessions]:
        """What makes and reads partners' links, codes and sessions."""
        links, codes, sessions = map(keys_in, (self.link_secrets, self.code_secrets, self.session_secrets))
        return Links(links), Codes(codes), Sessions(sessions)
