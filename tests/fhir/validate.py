"""What partners' and auditors' software reads is FHIR R4, with BSeR's codes and by BALP's profiles: HAPI says so."""

import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from services.audit.domain.balp import BALP, audit_event
from services.audit.domain.leaf import Leaf
from services.audit.domain.operations import OPERATIONS
from services.referral.domain.referrals import Referral, ReferralState
from services.referral.fhir import BSER, SERVICE_REQUEST, TASK, Resource, capability_statement, search_set
from services.referral.listing import Place
from services.referral.referred import Orientation
from tests.fhir.balp import profiles

HERE = Path(__file__).parent
BASE = "https://relais.example/fhir"
UNKNOWN = {"system": BSER, "code": "9.9"}
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def an_orientation(state: ReferralState, n: int) -> Orientation:
    day = date(2026, 12, 1) if state is ReferralState.SCHEDULED else None
    id_ = UUID(int=1000 + n)
    referral = Referral(id=id_, partner_id="partner-h7q2", state=state, answer_by=AT, appointment_on=day)
    return Orientation(UUID(int=n), n % 2 == 0, referral, Place(AT, id_))


def every_resource() -> dict[str, Resource]:
    found = [an_orientation(state, n) for n, state in enumerate(ReferralState)]
    made = {f"{kind.name} {each.referral.state}": kind.made(each) for kind in (TASK, SERVICE_REQUEST) for each in found}
    bundles = {
        "a page": search_set(BASE, [TASK.made(each) for each in found], "Task?_count=9", "Task?_count=9&after=x"),
        "nothing": search_set(BASE, [], "Task?_count=9"),
    }
    return {"metadata": capability_statement()} | made | bundles


def faulty(resources: Mapping[str, Resource], folder: Path, definitions: Iterable[Resource] = ()) -> dict[str, str]:
    """What HAPI finds wrong, by the name of the resource."""
    looked_at, defined = folder / "resources", folder / "definitions"
    for place, content in ((looked_at, resources), (defined, {str(n): each for n, each in enumerate(definitions)})):
        place.mkdir()
        for name, resource in content.items():
            (place / f"{name}.json").write_bytes(orjson.dumps(resource))
    command = ["java", "-cp", "target/lib/*", "Validate.java", f"definitions,{defined}", str(looked_at)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert "Exception" not in done.stderr, done.stderr
    return {name: fault for name, _, fault in (line.partition(".json") for line in done.stdout.splitlines())}


def test_every_state_is_told_in_resources_that_the_standard_allows(tmp_path: Path) -> None:
    """What is wrong stands beside it: the validator that finds nothing else was awake."""
    sound = TASK.made(an_orientation(ReferralState.SENT, 1))
    wrong: dict[str, Resource] = {
        "no such status": {"status": "nonsense"},
        "no such code": {"businessStatus": {"coding": [UNKNOWN]}},
    }
    beside = {name: sound | bad for name, bad in wrong.items()}
    assert (found := faulty(every_resource() | beside, tmp_path)).keys() == wrong.keys(), found


def a_line(type_: str, **changed: Any) -> dict[str, Any]:
    """A line of the log that tells of such an event."""
    rule = OPERATIONS[type_]
    leaf = Leaf(
        kind="event",
        id=UUID(int=7),
        src=("relais.cases", 0, 7),
        time=AT,
        type=type_,
        source="/relais/referral/cases",
        op=rule.operation,
        who="5b1f6a7e-0000-8000-8000-00000000000a",
        why="follow-up" if rule.why else None,
        to="partner-h7q2" if rule.to else None,
        subject=str(UUID(int=8)),
        commit="x",
    )
    members: dict[str, Any] = orjson.loads(leaf.canonical())
    return members | changed


def test_every_event_of_the_log_is_told_in_a_pattern_that_allows_it(tmp_path: Path) -> None:
    of_an_operation = {rule.operation: type_ for type_, rule in OPERATIONS.items()}
    lines = {type_: a_line(type_) for type_ in OPERATIONS}
    lines |= {name: a_line(type_, who=None, subject="relais.cases") for name, type_ in of_an_operation.items()}
    told = {name: audit_event("log.example/2026", 7, line) or {} for name, line in lines.items()}
    read = told["access.personal-data-consulted.v1"]
    wrong = {
        "no client": read | {"agent": read["agent"][1:]},
        "another action": read | {"action": "D"},
        "nobody concerned": read | {"entity": read["entity"][1:]},
        "seen by another": told["station.receipt-issued.v1"]
        | {"meta": {"profile": [f"{BALP}PrivacyDisclosure.Source"]}},
    }
    named = {each["meta"]["profile"][0] for each in told.values()}
    assert named == {each["url"] for each in profiles()}
    assert (found := faulty(told | wrong, tmp_path, profiles())).keys() == wrong.keys(), found
