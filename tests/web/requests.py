"""Requests that a door takes, made from its OpenAPI: so that a door is tried as soon as it is there."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

Schema = Mapping[str, Any]
Name = tuple[str, ...]
"""Where a member stands: `("path", "case_id")`, `("body", "absences", "covered_by")`."""
Fill = Callable[[Name, Schema], Any]
"""The value of a member that is text without a list of its values."""

PLAIN = {"integer": 1, "number": 1, "boolean": True}


@dataclass(frozen=True)
class Route:
    """One door, and what it takes."""

    method: str
    path: str
    operation: Schema
    components: Schema

    def members(self) -> Iterator[tuple[Name, Schema]]:
        """Every member of path, query and body that holds a value, wherever it stands."""
        for each in self._parameters():
            yield from self._leaves((each["in"], each["name"]), each["schema"])
        if (body := self._body()) is not None:
            yield from self._leaves(("body",), body)

    def request(self, fill: Fill, *, named: Collection[Name] = ()) -> tuple[str, dict[str, Any], Any]:
        """Path, query and body with what must be there, and the members that are `named`."""
        path, query = self.path.replace(":path}", "}"), dict[str, Any]()
        for each in self._parameters():
            name = (each["in"], each["name"])
            if each["in"] == "path":
                path = path.replace("{" + each["name"] + "}", str(self._value(name, each["schema"], fill, named)))
            elif each.get("required") or name in {each[:2] for each in named}:
                query[each["name"]] = self._value(name, each["schema"], fill, named)
        body = self._body()
        return path, query, None if body is None else self._value(("body",), body, fill, named)

    def _parameters(self) -> list[Schema]:
        return [each for each in self.operation.get("parameters", ()) if each["in"] != "header"]

    def _body(self) -> Schema | None:
        content = self.operation.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if "application/json" in content else None

    def _leaves(self, name: Name, schema: Schema) -> Iterator[tuple[Name, Schema]]:
        schema = self._resolved(schema)
        if schema.get("type") == "object" and "properties" in schema:
            for member, of in schema["properties"].items():
                yield from self._leaves((*name, member), of)
        elif schema.get("type") == "array":
            yield from self._leaves(name, schema["items"])
        else:
            yield name, schema

    def _value(self, name: Name, schema: Schema, fill: Fill, named: Collection[Name]) -> Any:
        schema = self._resolved(schema)
        kind, below = schema.get("type"), [each for each in named if each[: len(name)] == name]
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        if kind == "object":
            members, wanted = schema.get("properties", {}), set(schema.get("required", ()))
            wanted.update(*(each[len(name) : len(name) + 1] for each in below))
            return {each: self._value((*name, each), of, fill, named) for each, of in members.items() if each in wanted}
        if kind == "array":
            return [self._value(name, schema["items"], fill, named)] if below or schema.get("minItems") else []
        if kind in PLAIN:
            return schema.get("default", schema.get("minimum", PLAIN[kind]))
        return fill(name, schema)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema itself, where another name or "or null" leads to it; empty where the app does not know it."""
        if "$ref" in schema:
            return self._resolved(self.components.get(schema["$ref"].rpartition("/")[2], {}))
        some = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        return self._resolved(some[0]) if some else schema


def routes_of(app: FastAPI) -> list[Route]:
    """All doors of an app."""
    routes = [each.original_route for each in iter_route_contexts(app.routes)]
    document = get_openapi(title="", version="", routes=routes)
    components = document.get("components", {}).get("schemas", {})
    return [
        Route(method.upper(), path, operation, components)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
