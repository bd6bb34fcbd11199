"""The profiles of IHE BALP 1.1.3 that the log's export names, as far as they constrain what stands in it.

Written after their sources, https://github.com/IHE/ITI.BasicAudit (input/fsh), read on 2026-11-29: the package itself
comes from no place that a build may depend on.
"""

from collections.abc import Iterator, Sequence
from typing import Any

Element = dict[str, Any]
URL = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
T = "http://terminology.hl7.org/CodeSystem/"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
TYPES = f"{T}v3-ParticipationType"
DESTINATION, SOURCE, APPLICATION = ("110152", "110153", "110150")
SAME_AS_SOURCE = {
    "key": "val-audit-source",
    "severity": "error",
    "human": "The Audit Source is this agent too.",
    "expression": "$this.who = %resource.source.observer",
}


def coding(system: str, code: str) -> Element:
    return {"system": system, "code": code}


def concept(system: str, code: str) -> Element:
    return {"coding": [coding(system, code)]}


def element(path: str, slice_: str = "", member: str = "", **said: Any) -> Element:
    """A row of a differential: `member` of a slice of an element, or the slice, or the element itself."""
    full = f"AuditEvent.{path}" + (f".{member}" if member else "")
    id_ = f"AuditEvent.{path}" + (f":{slice_}" if slice_ else "") + (f".{member}" if member else "")
    named = {"sliceName": slice_} if slice_ and not member else {}
    return {"id": id_, "path": full, **named, **said}


def sliced(path: str, by: str, at: str, least: int) -> Element:
    slicing = {"discriminator": [{"type": by, "path": at}], "rules": "open"}
    return element(path, slicing=slicing, min=least)


def agents(client: Element, server: Element, user: Element) -> Iterator[Element]:
    yield sliced("agent", "pattern", "type", 2)
    for name, kind in (("client", client), ("server", server)):
        yield element("agent", name, min=1, max="1")
        yield element("agent", name, "type", min=1, patternCodeableConcept=kind)
        yield element("agent", name, "who", min=1)
        yield element("agent", name, "media", max="0")
        yield element("agent", name, "network", min=1)
    yield element("agent", "user", max="1")
    yield element("agent", "user", "type", min=1, patternCodeableConcept=user)
    yield element("agent", "user", "who", min=1)
    yield element("agent", "user", "requestor", patternBoolean=True)
    yield element("agent", "user", "media", max="0")
    yield element("agent", "user", "network", max="0")


def entities(*, has_patient: bool, has_data: bool = True) -> Iterator[Element]:
    yield sliced("entity", "pattern", "type", 1 + has_patient)
    if has_data:
        yield element("entity", "data", min=1, max="1")
        yield element("entity", "data", "what", min=1)
        yield element("entity", "data", "type", min=1, patternCoding=coding(f"{T}audit-entity-type", "2"))
        yield element("entity", "data", "role", min=1, patternCoding=coding(f"{T}object-role", "4"))
    if has_patient:
        patient = [{"code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}]
        yield element("entity", "patient", min=1, max="1")
        yield element("entity", "patient", "what", min=1, type=patient)
        yield element("entity", "patient", "type", min=1, patternCoding=coding(f"{T}audit-entity-type", "1"))
        yield element("entity", "patient", "role", min=1, patternCoding=coding(f"{T}object-role", "1"))


def what(action: str, type_: Element, subtype: Element) -> Iterator[Element]:
    yield element("type", patternCoding=type_)
    yield sliced("subtype", "value", "$this", 1)
    yield element("subtype", "one", min=1, max="1", patternCoding=subtype)
    yield element("action", min=1, patternCode=action)
    yield element("outcome", min=1, patternCode="0")


def of_rest(action: str, interaction: str) -> Iterator[Element]:
    rest, subtype = (
        coding(f"{T}audit-event-type", "rest"),
        coding("http://hl7.org/fhir/restful-interaction", interaction),
    )
    return what(action, rest, subtype)


def definition(name: str, elements: Sequence[Element]) -> Element:
    return {
        "resourceType": "StructureDefinition",
        "url": URL + name,
        "name": name.replace(".", ""),
        "status": "active",
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": "AuditEvent",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/AuditEvent",
        "derivation": "constraint",
        "differential": {"element": [{"id": "AuditEvent", "path": "AuditEvent"}, *elements]},
    }


def restful(name: str, action: str, agents_: Sequence[Element]) -> Iterator[Element]:
    for prefix in ("", "Patient"):
        rows = [*of_rest(action, name.lower()), *agents_, *entities(has_patient=bool(prefix))]
        yield definition(prefix + name, rows)


def disclosure() -> Element:
    told = what("R", coding(DCM, "110106"), coding(f"{T}iso-21089-lifecycle", "disclose"))
    rows = [sliced("agent", "pattern", "type", 2)]
    for name, kind in (("source", SOURCE), ("recipient", DESTINATION)):
        rows += [
            element("agent", name, min=1, max="1"),
            element("agent", name, "type", min=1, patternCodeableConcept=concept(DCM, kind)),
            element("agent", name, "who", min=1),
            element("agent", name, "network", min=1),
        ]
    rows[1]["constraint"] = [SAME_AS_SOURCE]
    modifiers = element("modifierExtension", max="0")
    return definition(
        "PrivacyDisclosure.Source", [modifiers, *told, *rows, *entities(has_patient=True, has_data=False)]
    )


def profiles() -> Iterator[Element]:
    """Those by whose names resources are exported."""
    author, recipient = concept(TYPES, "AUT"), concept(TYPES, "IRCP")
    written = [*agents(concept(DCM, SOURCE), concept(DCM, DESTINATION), author)]
    yield from restful("Create", "C", written)
    yield from restful("Update", "U", written)
    yield from restful("Read", "R", [*agents(concept(DCM, DESTINATION), concept(DCM, SOURCE), recipient)])
    custodian = concept(f"{T}provenance-participant-type", "custodian")
    yield from restful("Delete", "D", [*agents(concept(DCM, APPLICATION), custodian, author)])
    yield disclosure()
