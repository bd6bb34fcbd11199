"""What is handed to intake, with each optional member and list absent, null and empty, through to its end."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from services.intake.domain.registry import Integrator, Registry
from services.intake.domain.submission import Submission
from services.intake.handlers import build_book
from services.intake.registering import Registered, register
from services.intake.registry_file import UnusableRegistry, read_registry
from shared.contracts.event import Event
from shared.contracts.events import PresencePublished, ReceiptIssued, StandingChanged
from shared.contracts.vocabulary import Outcome, RegistryReason, Standing
from shared.delivery.cause import Cause
from shared.vault.jwe import seal_for_intake
from tests.contracts.builders import a_clear_part, a_content, setting
from tests.contracts.builders import a_withdrawal as withdrawal_data
from tests.contracts.optional import Variant, filled, readable, variants, whole
from tests.contracts.test_every_event import SCHEMAS
from tests.intake.builders import REPORT_ID, STATION, T0, a_reception, a_report, a_ring, arrive, headers
from tests.intake.desk import REGISTRY, Desk, events

SUBMITTED, WITHDRAWN = "station.report-submitted.v1", "station.report-withdrawn.v1"
OURS = {"report_id": str(REPORT_ID), "station": STATION}
NOTHING_SAID = [None, *({name: None} for name in ("why", "until", "legal_ground"))]


def sealed(content: Any) -> str:
    return seal_for_intake(a_ring().public(), orjson.dumps(content))


def records() -> Iterator[tuple[Variant | None, bytes, str]]:
    """The example report and withdrawal, whole and in every variant, as records, each with its type."""
    content, clear = a_content(setting([], "partners_asked")), a_clear_part(**OURS)
    clear |= {"sealed": sealed(content)}
    gone = filled(SCHEMAS[WITHDRAWN], withdrawal_data(**OURS))
    yield None, orjson.dumps(clear), SUBMITTED
    for each in variants(SCHEMAS[SUBMITTED], clear):
        yield each, orjson.dumps(each.value), SUBMITTED
    for each in variants(SCHEMAS[f"{SUBMITTED}.content"], content):
        yield each, orjson.dumps(clear | {"sealed": sealed(each.value)}), SUBMITTED
    for each in variants(SCHEMAS[WITHDRAWN], gone):
        yield each, orjson.dumps(each.value), WITHDRAWN


async def receipt(value: bytes, type_: str) -> ReceiptIssued:
    """What a station is answered."""
    arrival = await arrive(value, headers(ce_type=type_))
    assert isinstance(arrival.content, Submission)
    [answered] = events(Desk().take(arrival), ReceiptIssued)
    assert isinstance(answered, ReceiptIssued) and answered.clear()
    return answered


async def test_a_variant_of_a_report_is_taken_or_refused_by_the_place_of_its_member() -> None:
    outcomes = set()
    for variant, value, type_ in records():
        answered = await receipt(value, type_)
        outcomes.add(answered.outcome)
        if answered.faults:
            assert variant and any(is_near(each.pointer, variant) for each in answered.faults), str(variant)
    assert {Outcome.ACCEPTED, Outcome.REJECTED} <= outcomes


def is_near(pointer: str, variant: Variant) -> bool:
    """Whether a fault leads to the member, to what holds it, or to what it makes impossible."""
    at = variant.pointer.removeprefix("/content")
    found = pointer.removeprefix("/content")
    return at.startswith(found) or found.startswith(at.rpartition("/")[0])


@pytest.mark.parametrize("kind", [StandingChanged, PresencePublished])
async def test_a_handler_takes_every_variant_of_its_event(kind: type[Event]) -> None:
    known = {"report_id": str(REPORT_ID), "integrator": "gendarmerie", "station": STATION, "standing": Standing.CLOSED}
    page, cause = build_book(a_reception()).pages[kind], Cause(REPORT_ID, T0)
    for _, event, _ in readable(kind, whole(kind, known)):
        desk = Desk()
        desk.take(await arrive(a_report()))
        assert list(page.needs(event, cause))
        page.handle(event, desk.work(cause))
        assert (await receipt(a_report(), SUBMITTED)).outcome is Outcome.ACCEPTED


def test_a_variant_of_a_registry_is_taken_or_refused_by_the_name_of_its_member() -> None:
    schema = Registry.model_json_schema(by_alias=True)
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    base = filled(schema, REGISTRY | {"integrators": [{**each, "keys": [key]} for each in REGISTRY["integrators"]]})
    for variant in variants(schema, base):
        try:
            registry = read_registry(variant.value)
            integrators = [Integrator(**each.model_dump(), authid=REPORT_ID) for each in registry.integrators]
            wanted: list[Registered] = [*integrators, *registry.stations]
            assert register([], wanted, RegistryReason.OPENING, Desk().work(Cause(REPORT_ID, T0)))
        except UnusableRegistry as refused:
            assert any(str(step).rstrip("s") in str(refused) for step in variant.path), str(variant)
