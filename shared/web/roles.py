"""Who may use which door: the one table. `docs/roles.md` is made from it; a door that is not in it cannot open."""

from dataclasses import dataclass

from shared.contracts.vocabulary.code import Code


class Role(Code):
    """Rôle."""

    INTEGRATOR = "integrator", "Éditeur, plateforme des unités"
    ISCG = "iscg", "ISCG"
    COORDINATOR = "coordinator", "Référent départemental"
    PARTNER = "partner", "Partenaire"
    LOG_AUDITOR = "log-auditor", "Contrôleur du journal"
    WITNESS = "witness", "Témoin du journal"
    INSPECTOR = "inspector", "Inspecteur"
    STATISTICIAN = "statistician", "Statisticien (SG-CIPDR)"
    OPERATOR = "operator", "Exploitant"


@dataclass(frozen=True, slots=True)
class Door:
    """One route of one service (`*`: of each), the roles that it lets in (none: anybody), and what it is for.

    Whoever has several of the roles comes in as the first of them.
    """

    service: str
    method: str
    path: str
    roles: tuple[Role, ...]
    purpose: str


def _door(service: str, route: str, purpose: str, *roles: Role) -> Door:
    method, path = route.split()
    return Door(service, method, path, roles, purpose)


_R = Role
DOORS = (
    _door("*", "GET /livez", "Tell that the process lives"),
    _door("*", "GET /readyz", "Tell whether the service can be relied on"),
    _door("*", "GET /problems/{code}", "Explain a refusal"),
    _door("*", "GET /v1/set-aside", "List what was set aside, by id", _R.OPERATOR),
    _door("*", "POST /v1/set-aside/{set_aside_id}/replay", "Try a set-aside record again", _R.OPERATOR),
    _door("*", "POST /v1/set-aside/{set_aside_id}/discard", "Give a set-aside record up", _R.OPERATOR),
    _door("intake", "GET /.well-known/jwks.json", "Publish the keys that seal reports and sign receipts"),
    _door("intake", "GET /v1/reports/{report_id}", "Follow one's own report", _R.INTEGRATOR),
    _door("referral", "GET /v1/cases/{case_id}", "Read a case, without identity", _R.ISCG, _R.COORDINATOR),
    _door("referral", "POST /v1/cases/{case_id}/acceptance", "Take an assigned case in charge", _R.ISCG),
    _door("referral", "POST /v1/cases/{case_id}/openings", "Open a person's identity, with a reason", _R.ISCG),
    _door("audit", "GET /checkpoint", "Publish the log's signed checkpoint"),
    _door("audit", "GET /tile/{path:path}", "Publish the log's hashes"),
    _door("audit", "GET /tile/entries/{path:path}", "Read the log's entries", _R.LOG_AUDITOR, _R.WITNESS),
    _door("audit", "GET /v1/entries", "Search the log, which logs it", _R.LOG_AUDITOR),
)


def find_door(service: str, method: str, path: str) -> Door | None:
    """The door of a service at this route, if the table has it."""
    mine = (door for door in DOORS if door.service in ("*", service))
    return next((door for door in mine if (door.method, door.path) == (method, path)), None)
