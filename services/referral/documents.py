"""Writes what the tables of referral say into `docs/`: the life of a case, its clocks, its doors.

`python -m services.referral.documents` writes it; `--check` compares instead and exits 1 where something differs.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from services.referral.directory_file import NETWORKS
from services.referral.disclosing import Disclosures
from services.referral.domain.assignment import CRITERIA
from services.referral.domain.disclosure import AFTER, BEFORE
from services.referral.domain.states import ENDED, TRANSITIONS, CaseState, Step
from services.referral.domain.terms import OURS, Span, Spans
from services.referral.fhir import BSER, BSER_VERSION, STATUSES
from services.referral.http import doors
from shared.contracts.documents import keep_true, page, table
from shared.contracts.vocabulary import DeadlineKind, EscalationLevel, PartnerType
from shared.web.preconditions import idempotency, version_decided_on
from shared.web.problems import MEDIA_TYPE

COMMAND = "python -m services.referral.documents"
HOUR = 3600
HEADERS: Mapping[object, dict[str, Any]] = {
    version_decided_on: {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "examples": ['"3"']},
        "description": "The ETag of what you have read and decide on: 428 without it, 412 once it has changed.",
    },
    idempotency: {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "description": "A UUID of your choice: the same act under the same key is answered as the first time.",
    },
}
CLOCKS = {
    DeadlineKind.TO_BE_ACCEPTED: (
        OURS.to_be_accepted,
        "the receipt of the report; later ones from now",
    ),
    DeadlineKind.TO_BE_PLACED: (OURS.to_be_placed, "the escalation"),
    DeadlineKind.FIRST_CONTACT: (OURS.first_contact, "the receipt of the report"),
    DeadlineKind.FOLLOW_UP: (OURS.follow_up, "the last contact"),
}


def cases() -> str:
    """The life of a case, as its tables say."""
    states = [(f"`{state}`", state.label, "yes" if state in ENDED else "") for state in CaseState]
    steps = [(f"`{step}`", step.label) for step in Step]
    sections = (
        "Whatever the drawing does not show is refused: `409`, with `reason` `forbidden-step`.",
        _drawing(),
        "## States\n\n" + table(("state", "libellé", "an end"), states),
        "## What may happen\n\n" + table(("step", "libellé"), steps),
        "## Who gets a case\n\n" + _choice(),
        "## Clocks\n\n" + _clocks(),
    )
    return page("The life of a case", *sections, command=COMMAND)


def _drawing() -> str:
    moves: dict[tuple[CaseState, CaseState], list[Step]] = {}
    for state, steps in TRANSITIONS.items():
        for step, after in steps.items():
            moves.setdefault((state, after), []).append(step)
    drawn = [f"    {_id(a)} --> {_id(b)}: {', '.join(steps)}" for (a, b), steps in moves.items()]
    ends = [f"    {_id(state)} --> [*]" for state in CaseState if state in ENDED]
    first = f"    [*] --> {_id(CaseState.OPENED)}"
    return "\n".join(("```mermaid", "stateDiagram-v2", first, *drawn, *ends, "```"))


def _id(state: CaseState) -> str:
    return state.value.replace("-", "_")


def _choice() -> str:
    rows = [(str(n), f"`{rule}`", rule.label) for n, rule in enumerate(CRITERIA, 1)]
    return (
        "Candidates are the posts that cover the station, for themselves or for one that is away. Eligible are those "
        "that are there before the case must be accepted, have not declined it, and do not hold the case of another "
        "person of the same event. Of these the criteria leave one, in this order; the first that leaves only her is "
        "the rule that has decided.\n\n" + table(("", "rule", "libellé"), rows) + "\n\nWhere nobody is eligible the "
        f"case goes up: {', then '.join(f'`{level}` ({level.label})' for level in EscalationLevel)}. A level at which "
        "nobody is known is passed over."
    )


def _clocks() -> str:
    rows = [
        (f"`{kind}`", kind.label, *(_said(span) for span in _each(spans)), since)
        for kind, (spans, since) in CLOCKS.items()
    ]
    head = ("clock", "libellé", "immediate", "urgent", "standard", "counted from")
    return (
        "All delays are **ours**: no national one was found. A département may have others (`territories` of its "
        "roster). A reminder comes when half of the time is over; when it is over a breach is said "
        "(`DeadlineMissed`), and what nobody has accepted or placed goes up. A partner has 30 days to answer, as in "
        "DORA; then its referral expires. What runs over a quarter of an hour late, as after an outage, reaches a "
        "coordinator as one digest; what is immediate reaches her at once.\n\n" + table(head, rows)
    )


def _each(spans: Spans) -> tuple[Span, ...]:
    return spans.immediate, spans.urgent, spans.standard


def _said(span: Span) -> str:
    if span.working_days is not None:
        return f"{span.working_days} working days"
    seconds = span.seconds or 0
    return f"{seconds // HOUR} h" if seconds >= HOUR else f"{seconds // 60} min"


def _calls(dependant: Dependant) -> Iterator[object]:
    """Everything that is asked before a door opens."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def openapi() -> bytes:
    """The doors of referral."""
    nobody: Any = None
    routers = doors(
        nobody,
        nobody,
        Disclosures(nobody, nobody, nobody, nobody),
        terms=OURS,
        statistics=nobody,
        ids=nobody,
        changed_posts=nobody,
    )
    routes = [each for router in routers for each in router.routes if isinstance(each, APIRoute)]
    document = get_openapi(title="Relais: referral", version="1.0.0", routes=routes)
    for route in (each for each in routes if each.include_in_schema):
        for method in route.methods or ():
            headers = [HEADERS[call] for call in _calls(route.dependant) if call in HEADERS]
            document["paths"][route.path][method.lower()].setdefault("parameters", []).extend(headers)
    problem = {"description": "A problem (RFC 9457), see docs/problems.md.", "content": {MEDIA_TYPE: {"schema": {}}}}
    for methods in document["paths"].values():
        for door in methods.values():
            door["responses"] = {code: said for code, said in door["responses"].items() if code != "422"}
            door["responses"]["default"] = problem
            door["security"] = [{"token": []}]
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def disclosed() -> str:
    """What each kind of partner is told, and why, as the table says."""
    rows = [
        (f"`{type_}`", type_.label, when, item.label, why)
        for type_ in PartnerType
        for when, items in (("before", BEFORE[type_]), ("after", AFTER[type_]))
        for item, why in items.items()
    ]
    head = ("type", "libellé", "it accepts", "donnée", "pourquoi")
    sections = (
        "A partner decides on the minimum, and learns whom it is about once it has accepted. The choice is **ours**; "
        "the rule is that of the law: adequate, relevant and limited to what is necessary (GDPR, article 5(1)(c)). "
        "What stands in no row leaves nowhere: neither the note nor the facts, neither the officer nor the number of "
        "the act, neither other consents nor other people. A contact that is not safe any more is not told.",
        table(head, rows),
    )
    return page("What a partner is told", *sections, command=COMMAND)


def directory() -> str:
    """Whom a public directory names, and as what we know them."""
    rows = [(f"`{network.value}`", f"`{type_}`", type_.label) for network, type_ in NETWORKS.items()]
    unknown = ", ".join(f"`{type_}`" for type_ in PartnerType if type_ not in NETWORKS.values())
    sections = (
        "`relais partners import FILE --departement 31 --reason … --by …` takes the partners of one département "
        "from a file of structures as data·inclusion publishes them (`data-inclusion-schema` v1, a JSON list; the "
        "file may name all of France). What it would change is shown first; then all of it happens in one "
        "transaction, or nothing; each change is a `PartnerChanged`. Partners that the directory named before and "
        "names no more end today. Those that were entered by hand, in a [roster](roster.md), stay as they are, "
        "and a roster leaves the directory's as they are.",
        "Of a structure are taken: its kind, by `reseaux_porteurs`; its département, by `code_insee`, or "
        "`code_postal` where there is none; its `courriel`, to which the link goes; its `telephone` where that is "
        "a mobile number, to which the code goes ([partners](partners.md)). **Neither a name nor an address is "
        "kept**, so that none which is secret can be shown or sent. Its id becomes one that tells nobody whose it "
        "is. Left out, and counted: whoever is of no kind in the table, in another département, without an "
        "e-mail, or without a mobile number. The last are entered by hand, with an SMS number or with "
        "`signs_in_as`.",
        "## Kinds\n\nThe choice is ours. A structure of several networks is of the kind that stands first in "
        "[PartnerType](glossary.md#partnertype).\n\n" + table(("réseau porteur", "type", "libellé"), rows),
        f"The directory has no code for {unknown}: these are entered by hand.",
    )
    return page("Partners from data·inclusion", *sections, command=COMMAND)


def fhir() -> str:
    """How a partner's software reads referrals as FHIR resources."""
    rows = [
        (f"`{state}`", state.label, f"`{told.task}`", f"`{told.request}`", f"`{told.code}` {told.display}")
        for state, told in STATUSES.items()
    ]
    sections = (
        "A partner that signs in (role `partner`) reads what it was sent as FHIR R4 resources too: what it is asked "
        "(`ServiceRequest`), and how far that is (`Task`). They name nobody and tell nothing of the person; what a "
        "partner may know it sees by `POST /v1/cases/{case_id}/referrals/{referral_id}/opening`, and answers by "
        "`…/answer` ([doors](referral/README.md)): nothing is written here.",
        table(
            ("interaction", "what it gives"),
            [
                ("`GET /fhir/metadata`", "the `CapabilityStatement`; nobody has to sign in"),
                ("`GET /fhir/Task/{referral_id}`, `GET /fhir/ServiceRequest/{referral_id}`", "one of one's own"),
                ("`GET /fhir/Task?status=requested,received&_count=50`", "a `searchset`, the oldest report first"),
                ("`GET /fhir/ServiceRequest?status=active`", "the same of what was asked"),
            ],
        ),
        "Both resources have the id of the referral. `subject` and `for` are the id of the case, `performer` and "
        "`owner` the partner's own id in the directory, all without a name. `restriction.period.end` tells until when "
        "to answer, `occurrenceDateTime` the day of an appointment. A trial is tagged `HTEST`. `next` of a page leads "
        "to the next one; pages neither miss nor repeat. A status is written `code`, `|code` or `system|code`; one "
        "that FHIR does not list for the resource is left out, and refused where no other is left. `self` tells which "
        "statuses were understood; a parameter "
        "that is not known is refused. Refusals are [problems](problems.md), as at every door.",
        "## Statuses\n\nThe table is **ours**. The codes are those of BSeR (HL7, Bidirectional Services eReferral), "
        f"`{BSER}`, version {BSER_VERSION} (https://build.fhir.org/ig/HL7/bser/CodeSystem-TaskBusinessStatusCS.html, "
        "read on 2026-11-29). Version 1.0.0 has none for an appointment, nor for whoever did not come.\n\n"
        + table(("state", "libellé", "Task.status", "ServiceRequest.status", "Task.businessStatus"), rows),
    )
    return page("Referrals as FHIR resources", *sections, command=COMMAND)


def documents() -> dict[Path, bytes]:
    """Each document, by its path in the repository."""
    return {
        Path("docs/cases.md"): cases().encode(),
        Path("docs/disclosures.md"): disclosed().encode(),
        Path("docs/directory.md"): directory().encode(),
        Path("docs/fhir.md"): fhir().encode(),
        Path("docs/referral/openapi.json"): openapi(),
    }


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
