"""What partners' software reads is FHIR R4, and its codes are BSeR's: HAPI's validator says so, of every state."""

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import orjson

from services.referral.domain.referrals import Referral, ReferralState
from services.referral.fhir import BSER, SERVICE_REQUEST, TASK, Resource, capability_statement, search_set
from services.referral.listing import Place
from services.referral.referred import Orientation

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


def test_every_state_is_told_in_resources_that_the_standard_allows(tmp_path: Path) -> None:
    """What is wrong stands beside it: the validator that finds nothing else was awake."""
    sound = TASK.made(an_orientation(ReferralState.SENT, 1))
    wrong: dict[str, Resource] = {
        "no such status": {"status": "nonsense"},
        "no such code": {"businessStatus": {"coding": [UNKNOWN]}},
    }
    for name, resource in (every_resource() | {name: sound | bad for name, bad in wrong.items()}).items():
        (tmp_path / f"{name}.json").write_bytes(orjson.dumps(resource))
    command = ["java", "-cp", "target/lib/*", "Validate.java", "bser.json", str(tmp_path)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert {line.partition(".json")[0] for line in done.stdout.splitlines()} == set(wrong), done.stdout + done.stderr
