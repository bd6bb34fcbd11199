"""Who may use which door: the one table. `docs/roles.md` is made from it; a door that is not in it cannot open."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who somebody is to Relais: the one thing that is believed of a token besides who it names."""

    INTEGRATOR = "integrator"
    ISCG = "iscg"
    COORDINATOR = "coordinator"
    PARTNER = "partner"
    LOG_AUDITOR = "log-auditor"
    WITNESS = "witness"
    INSPECTOR = "inspector"
    STATISTICIAN = "statistician"
    OPERATOR = "operator"


LABELS = {
    Role.INTEGRATOR: "Éditeur, plateforme des unités",
    Role.ISCG: "ISCG",
    Role.COORDINATOR: "Référent départemental",
    Role.PARTNER: "Partenaire",
    Role.LOG_AUDITOR: "Contrôleur du journal",
    Role.WITNESS: "Témoin du journal",
    Role.INSPECTOR: "Inspecteur",
    Role.STATISTICIAN: "Statisticien (SG-CIPDR)",
    Role.OPERATOR: "Exploitant",
}


SOFTWARE = frozenset({Role.INTEGRATOR, Role.PARTNER, Role.WITNESS})
"""Roles that programs have too: how they sign in is not how people do."""


@dataclass(frozen=True, slots=True)
class Door:
    """One route of one or more services, the roles that it lets in (none: anybody), and what it is for.

    Whoever has several of the roles comes in as the first of them.
    """

    services: tuple[str, ...]
    method: str
    path: str
    roles: tuple[Role, ...]
    purpose: str


def _door(services: str, route: str, purpose: str, *roles: Role) -> Door:
    method, path = route.split()
    return Door(tuple(services.split()), method, path, roles, purpose)


_R = Role
_EACH = "intake referral notification audit"
_SETTING_ASIDE = "intake referral notification"
DOORS = (
    _door(_EACH, "GET /livez", "Tell that the process lives"),
    _door(_EACH, "GET /readyz", "Tell whether the service can be relied on"),
    _door(_EACH, "GET /problems/{code}", "Explain a refusal"),
    _door(_SETTING_ASIDE, "GET /v1/set-aside", "List what was set aside, by id", _R.OPERATOR),
    _door(_SETTING_ASIDE, "POST /v1/set-aside/{set_aside_id}/openings", "Look at one, with a reason", _R.OPERATOR),
    _door(_SETTING_ASIDE, "POST /v1/set-aside/{set_aside_id}/replay", "Try a set-aside record again", _R.OPERATOR),
    _door(_SETTING_ASIDE, "POST /v1/set-aside/{set_aside_id}/discard", "Give a set-aside record up", _R.OPERATOR),
    _door("intake", "GET /.well-known/jwks.json", "Publish the keys that seal reports and sign receipts"),
    _door("intake", "GET /v1/openapi.json", "Publish the doors for vendors, as OpenAPI"),
    _door("intake", "GET /v1/asyncapi.json", "Publish the topics for vendors, as AsyncAPI"),
    _door("intake", "GET /v1/schemas/{name}", "Publish the JSON Schemas of what vendors send and get"),
    _door("intake", "GET /v1/integrators/{code}/jwks.json", "Publish the keys with which an integrator signs in"),
    _door("intake", "POST /v1/reports", "Hand reports in", _R.INTEGRATOR),
    _door("intake", "POST /v1/reports/check", "Have reports looked at, without handing them in", _R.INTEGRATOR),
    _door("intake", "GET /v1/reports", "Follow all of one's own reports", _R.INTEGRATOR),
    _door("intake", "GET /v1/reports/{report_id}", "Follow one's own report", _R.INTEGRATOR),
    _door("referral", "GET /v1/cases", "List one's open cases", _R.ISCG, _R.COORDINATOR),
    _door("referral", "GET /v1/cases/{case_id}", "Read a case, without identity", _R.ISCG, _R.COORDINATOR),
    _door("referral", "GET /v1/cases/{case_id}/explanation", "Read why it was assigned", _R.ISCG, _R.COORDINATOR),
    _door("referral", "POST /v1/cases/{case_id}/acceptance", "Take an assigned case in charge", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/break-glass", "Look at a case of elsewhere, in an emergency", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/refusal", "Decline an assigned case", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/takeover", "Take a case over from one who is away", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/attempts", "Note that one tried to reach the person", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/interviews", "Note an interview", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/unreachable", "Tell that the person can't be reached", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/person-notices", "Have the person written to, safely", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/contact-stop", "Stop all that is written to her", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/closure", "Close a case", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/reassignment", "Give a case to another post", _R.COORDINATOR),
    _door("referral", "PUT /v1/cases/{case_id}/links/{other_id}", "Link cases of a person", _R.ISCG, _R.COORDINATOR),
    _door("referral", "DELETE /v1/cases/{case_id}/links/{other_id}", "Unlink two cases", _R.ISCG, _R.COORDINATOR),
    _door("referral", "PUT /v1/cases/{case_id}/merge", "Merge a duplicate into another case", _R.COORDINATOR),
    _door("referral", "DELETE /v1/cases/{case_id}/merge", "Undo a merge", _R.COORDINATOR),
    _door("referral", "POST /v1/cases/{case_id}/openings", "Open a person's identity, with a reason", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/inspections", "Ask who a case is about", _R.INSPECTOR),
    _door("referral", "POST /v1/inspections/{inspection_id}/grant", "Grant what another has asked", _R.INSPECTOR),
    _door("referral", "POST /v1/inspections/{inspection_id}/opening", "See who it is, once granted", _R.INSPECTOR),
    _door("referral", "POST /v1/cases/{case_id}/erasure", "Erase a case, on request", _R.COORDINATOR),
    _door("referral", "PUT /v1/cases/{case_id}/hold", "Begin or end a legal hold", _R.COORDINATOR),
    _door("referral", "GET /v1/partners", "List a département's partners", _R.ISCG, _R.COORDINATOR),
    _door("referral", "PUT /v1/cases/{case_id}/consent", "Note what the person agrees to", _R.ISCG),
    _door("referral", "PUT /v1/cases/{case_id}/assessment", "Note what the person needs", _R.ISCG),
    _door("referral", "GET /v1/cases/{case_id}/proposals", "Read who could help now", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/referrals", "Refer the person to a partner", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/referrals/{referral_id}/cancellation", "Take one back", _R.ISCG),
    _door("referral", "GET /v1/cases/{case_id}/referrals/{referral_id}", "Read one's referral", _R.PARTNER),
    _door("referral", "POST /v1/cases/{case_id}/referrals/{referral_id}/opening", "See what it may say", _R.PARTNER),
    _door("referral", "POST /v1/cases/{case_id}/referrals/{referral_id}/link", "Renew a partner's link", _R.ISCG),
    _door("referral", "GET /partner", "Ask a partner without an account for its link"),
    _door("referral", "GET /partner/page.css", "The style of partners' pages"),
    _door("referral", "GET /partner/page.js", "Puts the link into the form"),
    _door("referral", "POST /partner/code", "Send a code to the partner that holds a link"),
    _door("referral", "POST /partner/opening", "Show a referral to whoever has its link and its code"),
    _door("referral", "POST /partner/answer", "Take its answer, within half an hour"),
    _door("referral", "POST /v1/cases/{case_id}/referrals/{referral_id}/answer", "Answer one's referral", _R.PARTNER),
    _door("referral", "GET /fhir/metadata", "Tell what is understood of FHIR"),
    _door("referral", "GET /fhir/ServiceRequest", "Search what one was asked", _R.PARTNER),
    _door("referral", "GET /fhir/ServiceRequest/{referral_id}", "Read what one was asked", _R.PARTNER),
    _door("referral", "GET /fhir/Task", "Search how far one's referrals are", _R.PARTNER),
    _door("referral", "GET /fhir/Task/{referral_id}", "Read how far a referral is", _R.PARTNER),
    _door("referral", "GET /v1/posts", "List the posts of one's départements", _R.COORDINATOR),
    _door("referral", "PUT /v1/posts/{post_id}", "Open a post, or change it", _R.COORDINATOR),
    _door("referral", "DELETE /v1/posts/{post_id}", "End a post", _R.COORDINATOR),
    _door("referral", "GET /v1/posts/{post_id}", "Read a post and its absences", _R.COORDINATOR),
    _door("referral", "PUT /v1/posts/{post_id}/absences", "Say when an ISCG is away", _R.COORDINATOR),
    _door("referral", "PUT /v1/posts/{post_id}/agreements/{station}", "Agree to a post of elsewhere", _R.COORDINATOR),
    _door("referral", "DELETE /v1/posts/{post_id}/agreements/{station}", "Agree to it no longer", _R.COORDINATOR),
    _door("referral", "POST /v1/posts/{post_id}/handover", "Hand all cases of a post to another", _R.COORDINATOR),
    _door(
        "referral", "GET /v1/coverage", "Count posts and who fills them", _R.COORDINATOR, _R.STATISTICIAN, _R.OPERATOR
    ),
    _door("referral", "GET /v1/statistics", "Read the numbers of a year, small counts hidden", _R.STATISTICIAN),
    _door("notification", "GET /v1/notices", "List notices, without addresses", _R.OPERATOR),
    _door("notification", "GET /v1/notices/{notice_id}", "Show a notice", _R.OPERATOR),
    _door("notification", "POST /v1/notices/{notice_id}/resend", "Have a notice sent once more", _R.OPERATOR),
    _door("notification", "POST /v1/notices/{notice_id}/return", "Note that a mail came back", _R.OPERATOR),
    _door("notification", "POST /v1/delivery-reports/{notice_id}/{token}", "Report of a notice, as its provider"),
    _door("notification", "GET /push", "Subscribe one's own device to notices"),
    _door("notification", "GET /push/page.css", "The style of that page"),
    _door("notification", "GET /push/page.js", "What subscribes"),
    _door("notification", "GET /push/worker.js", "What shows notices on the device"),
    _door("audit", "GET /checkpoint", "Publish the log's signed checkpoint"),
    _door("audit", "GET /tile/{path:path}", "Publish the log's hashes"),
    _door("audit", "GET /tile/entries/{path:path}", "Read the log's entries, which logs it", _R.LOG_AUDITOR),
    _door("audit", "POST /v1/consultations", "Say why one looks into the log", _R.LOG_AUDITOR),
    _door("audit", "GET /v1/entries", "Search the log, which logs it", _R.LOG_AUDITOR),
    _door("audit", "GET /v1/entries/{index}/proof", "Prove that an entry is in the log", _R.LOG_AUDITOR),
    _door("audit", "POST /v1/exports", "Take entries along, which logs it", _R.LOG_AUDITOR),
    _door("audit", "GET /v1/exports/{export_id}", "Follow one's export", _R.LOG_AUDITOR),
    _door("audit", "GET /v1/exports/{export_id}/bundle", "Fetch one's export", _R.LOG_AUDITOR),
    _door("audit", "GET /v1/consistency", "Prove that the log only grew", _R.LOG_AUDITOR, _R.WITNESS),
)


def find_door(service: str, method: str, path: str) -> Door | None:
    """The door of a service at this route, if the table has it."""
    mine = (door for door in DOORS if service in door.services)
    return next((door for door in mine if (door.method, door.path) == (method, path)), None)
