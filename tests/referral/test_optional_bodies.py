"""Every body that referral's doors take, with each optional member and list absent, null and empty."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from shared.contracts.documents import ROOT
from tests.contracts.optional import Variant, filled, variants
from tests.referral.running import Referral, World
from tests.referral.test_doors import Visitor, assigned, referral, visitor

__all__ = ["referral"]
DOCUMENT = orjson.loads((ROOT / "docs/referral/openapi.json").read_bytes())
SCHEMAS = DOCUMENT["components"]["schemas"]
WITH_BODY = {
    (method.upper(), path): operation["requestBody"]["content"]["application/json"]["schema"]
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "requestBody" in operation
}
OTHERS = {
    **dict.fromkeys(("reassignment", "posts/{post_id}", "handover", "absences", "hold"), "coordinator-31"),
    "inspections": "inspector-a",
    "answer": "cidff-31",
}
"""Whose door it is where it is not the holder's."""
MAIL = [{"channel": "email", "value": "iscg-31-b@relais.example"}]
BASES: dict[str, Any] = {
    "interviews": {"place": "station", "duration": "30-60"},
    "closure": {"reason": "completed", "crip": "no-minors"},
    "answer": {"answer": "scheduled"},
    "person-notices": {"valid_for": 60},
    "posts/{post_id}": {
        "share": 100,
        "ceiling": 50,
        "until": "2027-12-31",
        "presences": [{"station": "GN-31-0412", "hours": [{"day": "mon", "from": "09:00", "to": "17:00"}]}],
        "iscg": {"id": "iscg-31-b", "signs_in_as": "iscg-31-b", "channels": MAIL},
    },
    "absences": {"absences": [{"first_day": "2026-01-05", "last_day": "2026-01-06", "covered_by": "post-31-1"}]},
}
LAST = ("refusal", "reassignment", "closure", "merge", "handover")
"""What takes the case away from its ISCG comes after all else."""


def by_effect(route: tuple[str, str]) -> tuple[int, str]:
    return next((n for n, name in enumerate(LAST, 1) if name in route[1]), 0), route[1]


def bodies(route: tuple[str, str]) -> Iterator[Variant]:
    """What a door takes, whole and in every variant."""
    schema = {**WITH_BODY[route], "$defs": SCHEMAS}
    base = filled(schema, next((each for name, each in BASES.items() if route[1].endswith(name)), None))
    yield Variant((), "whole", base)
    yield from variants(schema, base)


async def sent(who: Visitor, route: tuple[str, str], case: str, body: Any) -> httpx.Response:
    method, path = route
    path = path.removeprefix("/v1/").format(case_id=case, referral_id=uuid4(), post_id="post-31-2")
    whole = f"cases/{case}" if path.startswith("cases/") else "posts/post-31-2"
    answer: httpx.Response = await who.act(path, body, method=method, of=whole)
    return answer


async def test_a_variant_of_a_body_is_taken_or_refused_by_the_place_of_its_member(
    world: World, referral: Referral
) -> None:
    report, _, iscg = await assigned(world, referral)
    case, others = str(report.case_id), {each: await visitor(world, referral, each) for each in set(OTHERS.values())}
    assert (await iscg.act(f"cases/{case}/acceptance")).status_code == 200
    statuses = defaultdict[str, set[int]](set)
    for route in sorted(WITH_BODY, key=by_effect):
        who = next((others[each] for name, each in OTHERS.items() if route[1].endswith(name)), iscg)
        for variant in bodies(route):
            answer = await sent(who, route, case, variant.value)
            assert answer.status_code < 500, (route, str(variant), answer.text)
            assert variant.how != "whole" or answer.status_code != 422, (route, answer.text)
            check_named(answer, variant, route)
            statuses[route[1]] |= {answer.status_code}
    taken = [path for path, seen in statuses.items() if seen & {200, 201}]
    assert len(taken) > 10, statuses


def check_named(answer: httpx.Response, variant: Variant, route: tuple[str, str]) -> None:
    """A fault of a variant leads to its member, or to what holds it."""
    if answer.status_code == 422 and variant.how != "whole" and "faults" in answer.json():
        pointers = [each["pointer"] for each in answer.json()["faults"]]
        parent = variant.pointer.rpartition("/")[0]
        assert any(each in (variant.pointer, parent) or each.startswith(parent) for each in pointers), (
            route,
            str(variant),
            pointers,
        )


@pytest.mark.parametrize("route", sorted(WITH_BODY))
def test_every_body_has_members_to_try(route: tuple[str, str]) -> None:
    assert [*bodies(route)]
