"""Orientations as FHIR R4 resources, for partners whose software speaks it: what is asked (`ServiceRequest`), and how
far it is (`Task`). They name nobody: the person is the id of her case, the partner its id in the directory.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from services.referral.domain.referrals import Referral, ReferralState
from services.referral.referred import Orientation

Resource = dict[str, Any]
FHIR_VERSION = "4.0.1"
BSER, BSER_VERSION = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS", "2.0.0-ballot"
URIS = "urn:ietf:rfc:3986"
TEST_DATA = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
OAUTH = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "OAuth"}


class Status(NamedTuple):
    """How a state is told: by the statuses of both resources, and by BSeR's business status, code and display."""

    task: str
    request: str
    code: str
    display: str


_S = ReferralState
STATUSES: Mapping[ReferralState, Status] = MappingProxyType(
    {
        _S.SENT: Status("requested", "active", "2.0", "Service Request Created"),
        _S.SEEN: Status("received", "active", "2.0", "Service Request Created"),
        _S.ACCEPTED: Status("accepted", "active", "3.0", "Service Request Accepted"),
        _S.SCHEDULED: Status("in-progress", "active", "5.1.1", "Service Request Event Scheduled"),
        _S.COMPLETED: Status("completed", "completed", "7.0", "Service Request Fulfillment Completed"),
        _S.REFUSED: Status("rejected", "revoked", "4.0", "Service Request Declined"),
        _S.NO_SHOW: Status("failed", "revoked", "5.1.2", "Scheduled Service Request Event Unattended"),
        _S.CANCELLED: Status("cancelled", "revoked", "6.0", "Service Request Fulfillment Cancelled"),
        _S.EXPIRED: Status("cancelled", "revoked", "6.0", "Service Request Fulfillment Cancelled"),
    }
)
"""The table is ours. The codes are those of BSeR (HL7 Bidirectional Services eReferral), CodeSystem
TaskBusinessStatusCS, version 2.0.0-ballot: 1.0.0 has none for an appointment, nor for whoever did not come."""


def service_request(found: Orientation) -> Resource:
    """What is asked of a partner: that somebody is helped. Whom, it learns at the door that shows it."""
    referral, told = found.referral, STATUSES[found.referral.state]
    day = {"occurrenceDateTime": referral.appointment_on.isoformat()} if referral.appointment_on else {}
    return {
        **_head("ServiceRequest", found),
        "status": told.request,
        "intent": "order",
        "subject": _person(found),
        **day,
        "performer": [_partner(referral)],
    }


def task(found: Orientation) -> Resource:
    """How far it is, and until when an answer is awaited."""
    referral, told = found.referral, STATUSES[found.referral.state]
    coding = {"system": BSER, "version": BSER_VERSION, "code": told.code, "display": told.display}
    reason = {"statusReason": {"text": referral.state.label}} if told.task in ("cancelled", "failed") else {}
    return {
        **_head("Task", found),
        "status": told.task,
        **reason,
        "businessStatus": {"coding": [coding]},
        "intent": "order",
        "focus": {"reference": f"ServiceRequest/{referral.id}"},
        "for": _person(found),
        "owner": _partner(referral),
        "restriction": {"period": {"end": referral.answer_by.isoformat()}},
    }


class Kind(NamedTuple):
    """One type of resource: its name, how a referral becomes one, and which of the statuses is its own.

    `system` and `codes` are FHIR's list of its statuses, of which Relais uses some.
    """

    name: str
    made: Callable[[Orientation], Resource]
    status: Callable[[Status], str]
    system: str
    codes: frozenset[str]

    def read_status(self, token: str) -> str | None:
        """The status that a token of a search names, `code`, `|code` or `system|code`; none where it names none."""
        system, _, code = token.strip().rpartition("|")
        return code if system in ("", self.system) and code in self.codes else None

    def states(self, statuses: Collection[str]) -> list[ReferralState]:
        """The states that any of these statuses tells."""
        return [state for state, told in STATUSES.items() if self.status(told) in statuses]


REQUEST_STATUS = frozenset(["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"])
TASK_STATUS = frozenset(
    [
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    ]
)
SERVICE_REQUEST = Kind(
    "ServiceRequest", service_request, attrgetter("request"), "http://hl7.org/fhir/request-status", REQUEST_STATUS
)
TASK = Kind("Task", task, attrgetter("task"), "http://hl7.org/fhir/task-status", TASK_STATUS)


def search_set(base: str, resources: Iterable[Resource], here: str, following: str | None = None) -> Resource:
    """A page of resources. `base` is the address of this server, `here` and `following` are paths on it."""
    links = {"self": here} | ({"next": following} if following else {})
    entries = [
        {"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each, "search": {"mode": "match"}}
        for each in resources
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": name, "url": f"{base}/{path}"} for name, path in links.items()],
    } | ({"entry": entries} if entries else {})


def capability_statement() -> Resource:
    """What this server understands."""
    reading = [{"code": "read"}, {"code": "search-type"}]
    status = {"name": "status", "type": "token"}
    kinds = (SERVICE_REQUEST, TASK)
    resources = [{"type": each.name, "interaction": reading, "searchParam": [status]} for each in kinds]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-29",
        "kind": "instance",
        "implementation": {"description": "Relais: the referrals that a partner was sent, to be read"},
        "fhirVersion": FHIR_VERSION,
        "format": ["json"],
        "rest": [{"mode": "server", "security": {"service": [{"coding": [OAUTH]}]}, "resource": resources}],
    }


def _head(type_: str, found: Orientation) -> Resource:
    id_ = found.referral.id
    tag = {"meta": {"tag": [TEST_DATA]}} if found.is_test else {}
    return {"resourceType": type_, "id": str(id_), **tag, "identifier": [_uuid(id_)]}


def _person(found: Orientation) -> Resource:
    return {"type": "Patient", "identifier": _uuid(found.case_id)}


def _partner(referral: Referral) -> Resource:
    return {"type": "Organization", "identifier": {"value": referral.partner_id}}


def _uuid(id_: UUID) -> Resource:
    return {"system": URIS, "value": f"urn:uuid:{id_}"}
