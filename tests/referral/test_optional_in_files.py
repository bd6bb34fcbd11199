"""Rosters and directories with each optional member and list absent, null and empty, from the file to an assignment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.referral.acts.rostering import place_of, publish_presence, take_roster
from services.referral.directory_file import Row, read_directory_file
from services.referral.domain.roster import Roster, changes
from services.referral.handlers import on_report_accepted
from services.referral.roster_file import UnusableRoster, read_roster_file
from services.referral.store import COORDINATORS
from shared.contracts.events import CaseEscalated, IscgAssigned
from shared.contracts.ids import NAMESPACE
from tests.contracts.optional import Variant, filled, variants
from tests.referral.builders import MONDAY, STATION, TERMS, Desk, a_change, a_report
from tests.referral.test_directory_file import a_structure

TODAY = MONDAY.date()
CHANNELS = [{"channel": "email", "value": "somebody@relais.example"}]
WHO = {"authid": str(UUID(int=7)), "channels": CHANNELS}
HOURS = [{"day": day, "from": "00:00", "to": "23:59"} for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]
COORDINATOR = {
    **WHO,
    "id": "coordinator-31",
    "departement": "31",
    "on_call": {"id": "on-call-31", "channels": CHANNELS},
}
SPANS = {"immediate": {"seconds": 3600}, "urgent": {"seconds": 7200}, "standard": {"working_days": 5}}
TERMS_HERE = dict.fromkeys(("to_be_accepted", "to_be_placed", "first_contact", "follow_up"), SPANS)
PARTNER = {**WHO, "id": "partner-1", "type": "cidff", "departement": "31", "until": "2027-12-31"}


def a_post(n: int) -> dict[str, Any]:
    """A post of which everything is told; each stands in for the other one day."""
    return {
        "id": f"post-{n}",
        "departement": "31",
        "since": "2024-01-01",
        "until": "2027-12-31",
        "iscg": {**WHO, "id": f"iscg-{n}", "authid": str(UUID(int=n)), "since": "2024-01-01", "speaks": ["fr"]},
        "past": [{"iscg_id": "iscg-9", "since": "2023-01-01", "until": "2023-12-31"}],
        "absences": [{"first_day": "2026-11-24", "last_day": "2026-11-24", "covered_by": f"post-{3 - n}"}],
        "presences": [{"station": STATION, "zone": "Europe/Paris", "hours": HOURS, "on_holidays": True}],
    }


def rosters() -> Iterator[tuple[Variant | None, Any]]:
    """A roster that leaves nothing out, and every variant of it."""
    members = {
        "posts": [a_post(1), a_post(2)],
        "coordinators": [COORDINATOR],
        "partners": [PARTNER],
        "fallback": {**COORDINATOR, "id": "fallback"},
    }
    schema = Roster.model_json_schema(by_alias=True)
    # A delay is told in one of two members: both, as a schema alone would fill them in, are a fault.
    base = filled(schema, members) | {"territories": [{"departement": "31", "neighbours": ["09"], "terms": TERMS_HERE}]}
    # A file agrees to nothing: where it does, that is a fault.
    for post in base["posts"]:
        del post["agreed"]
    yield None, base
    for each in variants(schema, base):
        yield each, each.value


def taken(roster: Roster) -> Desk:
    """A desk at which this roster was imported and its stations were told."""
    desk = Desk()
    desk.lay(COORDINATORS, "31", None)
    wanted = roster.entries()
    take_roster(lambda known: changes(known, roster, TODAY), [place_of(e) for e in wanted], a_change(), desk.work())
    fresh = Desk(*roster.posts, partners=roster.partners or ())
    publish_presence(STATION, fresh.work())
    assert all(each.clear() for each in (*desk.said(), *fresh.said()))
    return fresh


def test_a_variant_of_a_roster_is_imported_told_and_assigned_from_or_refused_by_name(tmp_path: Path) -> None:
    path, assigned = tmp_path / "roster.json", 0
    for variant, members in rosters():
        path.write_text(json.dumps(members), "utf-8")
        try:
            roster = read_roster_file(path, lambda subject: uuid5(NAMESPACE, subject))
        except UnusableRoster as refused:
            assert variant and any(step in str(refused) for step in variant.path if isinstance(step, str)), str(variant)
            continue
        assert variant or not roster.faults(), roster.faults()
        if roster.faults():
            continue
        desk = taken(roster)
        on_report_accepted(a_report(), desk.work(), TERMS)
        assigned += len(desk.said(IscgAssigned))
        assert desk.said(IscgAssigned) or desk.said(CaseEscalated), str(variant)
    assert assigned > 50


def test_a_variant_of_a_directorys_row_is_taken_left_out_or_named(tmp_path: Path) -> None:
    path, schema = tmp_path / "structures.json", Row.model_json_schema()
    base = filled(schema, a_structure())
    for variant in variants(schema, base):
        path.write_text(json.dumps([variant.value, a_structure(id="dora--2")]), "utf-8")
        found = read_directory_file(path, "31", lambda id_: uuid5(NAMESPACE, id_))
        assert len(found.partners) + sum(found.left_out.values()) == 2, str(variant)
        assert all(str(variant.path[-1]) in fault for fault in found.faults), str(variant)
