"""A line as a FHIR R4 `AuditEvent`, for whoever's tools read IHE's Basic Audit Log Patterns (BALP 1.1.3).

It says less than the line: that one is what is proved. The profiles: https://profiles.ihe.net/ITI/BALP/
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from services.audit.domain.headers import uuid_text
from services.audit.domain.operations import Operation
from services.audit.domain.wording import sentences
from shared.contracts.vocabulary import Purpose

Resource = dict[str, Any]
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
URIS = "urn:ietf:rfc:3986"
ABOUT_A_PERSON = frozenset({"report", "case", "notification", "access"})
"""Families of events whose subject, where it is a UUID, is a case."""
NOT_HERS = frozenset({"report.rejected.v1", "report.counted.v1", "access.unusual-access-seen.v1"})
OF_NO_CASE = frozenset({Purpose.SET_ASIDE_REPAIR, Purpose.STATISTICS})
"""Why somebody looks at what is of no case, or of many."""


class Pattern(NamedTuple):
    """How an operation is told: profile, action, interaction, and the kinds of agents (system, code)."""

    profile: str
    action: str
    interaction: str
    client: tuple[str, str]
    server: tuple[str, str]
    user: tuple[str, str]


SOURCE, DESTINATION, APPLICATION = (DICOM, "110153"), (DICOM, "110152"), (DICOM, "110150")
CUSTODIAN = (f"{TERMINOLOGY}provenance-participant-type", "custodian")
AUTHOR, RECIPIENT = (f"{TERMINOLOGY}v3-ParticipationType", "AUT"), (f"{TERMINOLOGY}v3-ParticipationType", "IRCP")
PATTERNS: Mapping[Operation, Pattern] = MappingProxyType(
    {
        "collection": Pattern("Create", "C", "create", SOURCE, DESTINATION, AUTHOR),
        "alteration": Pattern("Update", "U", "update", SOURCE, DESTINATION, AUTHOR),
        "combination": Pattern("Update", "U", "update", SOURCE, DESTINATION, AUTHOR),
        "consultation": Pattern("Read", "R", "read", DESTINATION, SOURCE, RECIPIENT),
        "erasure": Pattern("Delete", "D", "delete", APPLICATION, CUSTODIAN, AUTHOR),
        "disclosure": Pattern("PrivacyDisclosure.Source", "R", "read", DESTINATION, SOURCE, AUTHOR),
    }
)
"""The table is ours: BALP knows what software does, article 25 what a controller does."""


def audit_event(origin: str, index: int, leaf: Mapping[str, Any]) -> Resource | None:
    """What a line tells, if it tells of an event; those of the log itself have no pattern."""
    if leaf["kind"] != "event" or leaf["op"] is None:
        return None
    pattern, case = PATTERNS[leaf["op"]], _case(leaf)
    is_disclosure = leaf["op"] == "disclosure"
    # A disclosure without a person has no profile: it is told as what it is to software, a read.
    profile = "Read" if is_disclosure and not case else pattern.profile
    prefix = "Patient" if case and not is_disclosure else ""
    return {
        "resourceType": "AuditEvent",
        "id": leaf["id"],
        "meta": {"profile": [f"{BALP}{prefix}{profile}"], "source": f"https://{origin}#{index}"},
        **_what(pattern, is_disclosure=is_disclosure and case is not None),
        "recorded": leaf["time"],
        "outcome": "0",
        "outcomeDesc": sentences(leaf)["fr"],
        **({"purposeOfEvent": [{"text": leaf["why"]}]} if leaf["why"] else {}),
        "agent": _agents(pattern, leaf),
        "source": {
            "site": origin,
            "observer": _named(leaf["source"]),
            "type": [_coding((f"{TERMINOLOGY}security-source-type", "4"))],
        },
        "entity": [*([_person(case)] if case else []), _data(leaf)],
    }


def _case(leaf: Mapping[str, Any]) -> str | None:
    is_of_one = (
        leaf["type"].partition(".")[0] in ABOUT_A_PERSON
        and leaf["type"] not in NOT_HERS
        and leaf["why"] not in OF_NO_CASE
    )
    return uuid_text(leaf["subject"]) if is_of_one else None


def _what(pattern: Pattern, *, is_disclosure: bool) -> Resource:
    interaction = _coding(("http://hl7.org/fhir/restful-interaction", pattern.interaction))
    if is_disclosure:
        disclosed = _coding((f"{TERMINOLOGY}iso-21089-lifecycle", "disclose"))
        return {"type": _coding((DICOM, "110106")), "subtype": [disclosed, interaction], "action": pattern.action}
    rest = _coding((f"{TERMINOLOGY}audit-event-type", "rest"))
    return {"type": rest, "subtype": [interaction], "action": pattern.action}


def _agents(pattern: Pattern, leaf: Mapping[str, Any]) -> list[Resource]:
    """Who asked, who answered, and who acted. Addresses are not in the log, on purpose."""
    client = _named(leaf["to"]) if leaf["to"] and leaf["op"] == "disclosure" else {"display": "Relais"}
    agents = [_system(pattern.client, client), _system(pattern.server, _named(leaf["source"]))]
    if leaf["who"]:
        agents.append({"type": _concept(pattern.user), "who": _named(leaf["who"]), "requestor": True})
    return agents


def _system(kind: tuple[str, str], who: Resource) -> Resource:
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "not-asked"}
    return {"type": _concept(kind), "who": who, "requestor": False, "network": {"extension": [absent]}}


def _person(case: str) -> Resource:
    who = {"type": "Patient", "identifier": {"system": URIS, "value": f"urn:uuid:{case}"}}
    return _entity("1", "1", who)


def _data(leaf: Mapping[str, Any]) -> Resource:
    subject = uuid_text(leaf["subject"])
    named = {"identifier": {"system": URIS, "value": f"urn:uuid:{subject}"}} if subject else _named(leaf["subject"])
    return _entity("2", "4", named)


def _entity(kind: str, role: str, what: Resource) -> Resource:
    coded = {"type": f"{TERMINOLOGY}audit-entity-type", "role": f"{TERMINOLOGY}object-role"}
    return {"what": what, "type": _coding((coded["type"], kind)), "role": _coding((coded["role"], role))}


def _named(word: str | None) -> Resource:
    return {"identifier": {"value": word}} if word else {"display": "Relais"}


def _concept(code: tuple[str, str]) -> Resource:
    return {"coding": [_coding(code)]}


def _coding(code: tuple[str, str]) -> Resource:
    return {"system": code[0], "code": code[1]}
