"""Which members of a request name another object: by them somebody could reach what is not theirs."""

from collections.abc import Mapping

from tests.web.requests import Name, Route, Schema

OBJECTS: Mapping[str, str] = {
    "case_id": "case",
    "other_id": "other case",
    "into": "other case",
    "referral_id": "referral",
    "partner_id": "partner",
    "post_id": "post",
    "body.to": "other post",
    "covered_by": "other post",
    "station": "station",
    "departement": "departement",
    "inspection_id": "inspection",
    "opening": "opening",
    "iscg.id": "iscg",
    "signs_in_as": "subject",
    "set_aside_id": "set-aside record",
    "report_id": "report",
    "consultation": "consultation",
    "consultation_id": "consultation",
    "export_id": "export",
    "notice_id": "notice",
    "case": "searched",
    "actor": "searched",
    "recipient": "searched",
    "event": "searched",
    "query.station": "searched",
    "filter.station": "searched",
    "ref": "searched",
    "code": "public",
}
"""By the name of the member, or of it and the one around it: what it names.

`searched`: what an auditor looks for in the log, or an operator among notices: all of it is theirs to search.
`public`: it is published.
"""
WORDS = {
    *("justification", "because", "reason", "crip_reason", "why", "value", "after", "status", "partners"),
    *("zone", "from", "to", "speaks", "language", "type", "cursor", "since", "path", "name", "token", "body"),
}
"""Text that names nothing which is somebody's: words, places of a list, hours, languages, addresses, paths of tiles.

`token`: it is computed, and tried where it is read. `body`: a report; the vendors' own documents describe it.
"""
PLAIN = {"integer", "number", "boolean"}
DATES = {"date", "date-time"}


class Unclassified(AssertionError):
    """A member is new: say in `OBJECTS` what it names, or in `WORDS` that it names nothing."""


def named_by(name: Name, schema: Schema) -> str | None:
    """What a member names, if it names something. Raises `Unclassified`."""
    if schema.keys() & {"enum", "const"} or schema.get("type") in PLAIN or schema.get("format") in DATES:
        return None
    object_ = OBJECTS.get(".".join(name[-2:]), OBJECTS.get(name[-1]))
    if object_ is None and (name[-1] not in WORDS or schema.get("format") == "uuid"):
        raise Unclassified(f"{'.'.join(name)} {dict(schema)}")
    return object_


def objects_of(route: Route) -> dict[Name, str]:
    """The members of a door that name something."""
    found = ((name, named_by(name, schema)) for name, schema in route.members())
    return {name: object_ for name, object_ in found if object_}
