"""The law of access: whatever object a request names, nobody reaches by it what is not theirs.

Every door × every role × every member of path, query and body that names another object, with objects of another
territory, worker and time: refused, or without effect. Doors come from the role table and their own OpenAPI, so that a
new member is tried by itself; one that nobody has classified fails.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from shared.web.roles import DOORS, Role, find_door
from tests.referral.doors import House, open_house
from tests.referral.scene import CALLERS, Scene, set_up
from tests.web.objects import objects_of
from tests.web.requests import Name, Route, Schema, routes_of

ANYBODYS: Mapping[tuple[str, str], str] = {
    ("/v1/cases/{case_id}/break-glass", "case"): "an emergency is about a case of elsewhere",
    ("/v1/cases/{case_id}/inspections", "case"): "an inspector asks about any case; another one grants it",
    ("/v1/partners", "departement"): "the directory is open to all who refer people; it tells no address",
}
"""Objects that are nobody's own at a door, and why."""
COMPLETE = [("body", "iscg", "signs_in_as"), ("body", "iscg", "channels", "value")]
"""What goes with an ISCG who is new on a post."""
VOLATILE = {"outbox", "unsent", "inbox"}
SPOKEN: Mapping[str, str] = {
    "zone": "Europe/Paris",
    "from": "08:00",
    "to": "18:00",
    "speaks": "fr",
    "language": "fr",
    "value": "a@relais.example",
}
UNREADABLE = {400, 422, 428}
MISSED = UNREADABLE | {401, 403, 404}
"""Statuses by which a request does not even come to its object: none of these may be the answer to one's own."""


@pytest.fixture(scope="module")
async def house(mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[House]:
    async with open_house(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"]) as made:
        yield made


def doors_of(house: House) -> Iterator[tuple[Route, Role]]:
    """Each door with each role that comes in and can have something of its own."""
    for route in routes_of(house.app):
        door = find_door("referral", route.method, route.path)
        assert door, route.path
        yield from ((route, role) for role in door.roles if role in CALLERS)


def filling(scene: Scene, route: Route, named: Name = (), value: str = "") -> Any:
    """Fills a request with what is the caller's own, but for the member that is named."""
    objects = objects_of(route)

    def fill(name: Name, schema: Schema) -> Any:
        if name == named:
            return value
        if name in objects:
            return scene.own(route.path, objects[name])
        if schema.get("format") in {"date", "date-time"}:
            return datetime.now(UTC).date().isoformat() if schema["format"] == "date" else datetime.now(UTC).isoformat()
        return SPOKEN.get(name[-1], "words enough to be read")

    return fill


@dataclass(frozen=True)
class Visit:
    """Somebody in a role at a door of a scene."""

    house: House
    scene: Scene
    route: Route
    role: Role

    @property
    def objects(self) -> Mapping[Name, str]:
        """What can be named there."""
        return objects_of(self.route)

    def own(self, name: Name) -> str:
        """The caller's own object for a member."""
        return self.scene.own(self.route.path, self.objects[name])

    async def ask(self, named: Name = (), value: str = "") -> httpx.Response:
        """Come with what is one's own, but for the member that is named."""
        fill = filling(self.scene, self.route, named, value)
        with_it = COMPLETE if named[:2] == ("body", "iscg") else ()
        path, query, body = self.route.request(fill, named=[*([named] if named else ()), *with_it])
        door = f"{self.route.method} {path}"
        return await self.house.ask(CALLERS[self.role], self.role, door, json=body, params=query)

    async def reached(self) -> AsyncIterator[str]:
        """Try every object of others; tell those by which something was reached."""
        before = await state(self.house)
        for name, object_ in self.objects.items():
            if (self.route.path, object_) in ANYBODYS:
                continue
            for value in self.scene.others(self.route.path, self.role, object_):
                answer = await self.ask(name, value)
                is_shown = answer.is_success and self.route.method == "GET"
                if is_shown or answer.is_server_error or await state(self.house) != before:
                    yield f"{self} reaches {object_} {value} by {'.'.join(name)}: {answer.status_code}"
                    before = await state(self.house)

    async def missed(self) -> AsyncIterator[str]:
        """Try one's own objects; tell those that do not come through."""
        answer = await self.ask()
        if answer.status_code in MISSED:
            yield f"{self} does not reach what is theirs: {answer.status_code} {answer.text}"
        for name in self.objects:
            answer = await self.ask(name, self.own(name))
            # By now the case has moved on, and may be somebody else's.
            if answer.status_code in UNREADABLE:
                yield f"{self} is not read with {'.'.join(name)}: {answer.status_code} {answer.text}"

    def __str__(self) -> str:
        """Who comes where."""
        return f"{self.role} at {self.route.method} {self.route.path}"


async def state(house: House) -> Mapping[str, Any]:
    """A digest of all that is kept, and how much was said."""
    database = house.delivery.database
    kept = await database.command("dbHash")
    keys = await house.bench.vault_database.command("dbHash")
    said = await database["outbox"].estimated_document_count()
    collections = {name: hash_ for name, hash_ in kept["collections"].items() if name not in VOLATILE}
    return collections | {"keys": keys["md5"], "said": said}


async def test_nobody_reaches_by_what_a_request_names_what_is_not_theirs(house: House) -> None:
    wrong, visits = list[str](), 0
    for route, role in doors_of(house):
        visit = Visit(house, await set_up(house), route, role)
        wrong += [each async for each in visit.reached()]
        # Or else a refusal would only show that the request was wrong.
        wrong += [each async for each in visit.missed()]
        visits += bool(visit.objects)
    assert not wrong, "\n".join(wrong)
    assert visits > 40, visits


async def test_no_door_lets_in_a_role_that_the_table_does_not_name(house: House) -> None:
    scene = await set_up(house)
    before = await state(house)
    for route in routes_of(house.app):
        door = find_door("referral", route.method, route.path)
        assert door
        for role in set(Role) - set(door.roles) if door.roles else ():
            path, query, body = route.request(filling(scene, route))
            answer = await house.ask("iscg-31", role, f"{route.method} {path}", json=body, params=query)
            assert answer.status_code == 403, (role, route.method, route.path, answer.text)
    assert await state(house) == before


def test_every_door_with_a_role_is_among_those_that_are_tried(house: House) -> None:
    tried = {(route.method, route.path) for route in routes_of(house.app)}
    assert not [
        each for each in DOORS if "referral" in each.services and each.roles and (each.method, each.path) not in tried
    ]
