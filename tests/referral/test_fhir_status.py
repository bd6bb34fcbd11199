"""Statuses in a search of FHIR: a code, with or without its system; what is none is refused, not looked past."""

import pytest

from services.referral.domain.referrals import ReferralState
from services.referral.fhir import SERVICE_REQUEST, STATUSES, TASK, Kind


@pytest.mark.parametrize(
    ("kind", "token", "code"),
    [
        (TASK, "requested", "requested"),
        (TASK, "|requested", "requested"),
        (TASK, "http://hl7.org/fhir/task-status|requested", "requested"),
        (TASK, "draft", "draft"),
        (TASK, "http://hl7.org/fhir/request-status|active", None),
        (TASK, "requested|", None),
        (TASK, "", None),
        (TASK, "nonsense", None),
        (SERVICE_REQUEST, "http://hl7.org/fhir/request-status|active", "active"),
        (SERVICE_REQUEST, "requested", None),
    ],
)
def test_a_token_names_a_status_of_its_resource_or_none(kind: Kind, token: str, code: str | None) -> None:
    assert kind.read_status(token) == code


@pytest.mark.parametrize("kind", [TASK, SERVICE_REQUEST])
@pytest.mark.parametrize("state", ReferralState)
def test_every_state_is_told_by_a_status_that_fhir_lists(kind: Kind, state: ReferralState) -> None:
    assert kind.read_status(kind.status(STATUSES[state])) is not None
