"""Trees as people write them: YAML, or JSON, which is read faster. Nothing may stand twice."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from shared.files.faults import Mark, MarksOf, Place, UnusableFile, either

_LOADER = yaml.CSafeLoader


def read_tree(text: str, wanted: str) -> tuple[Mapping[str, Any], MarksOf]:
    """Its members, and where they stand. `wanted` names what a tree of this kind holds. Raises `UnusableFile`."""
    return _from_json(text) or _from_yaml(text, wanted)


def _from_yaml(text: str, wanted: str) -> tuple[Mapping[str, Any], MarksOf]:
    """Its members, parsed once and by libyaml: a country's roster has half a million nodes."""
    loader = _LOADER(text)
    try:
        if alias := next((each for each in yaml.parse(text, _LOADER) if isinstance(each, yaml.AliasEvent)), None):
            raise UnusableFile(
                [
                    _where(alias.start_mark)
                    + either("aliases are not read: write it out", "les alias ne sont pas lus : à écrire en entier")
                ]
            )
        node = loader.get_single_node()
        twice = [
            f"{_mark(again)}: " + either(f"{name} stands twice", f"{name} figure deux fois")
            for name, again in (_repeated(node) if node else ())
        ]
        members = loader.construct_document(node) if node else None
    except (RecursionError, ValueError, yaml.reader.ReaderError) as error:
        named = type(error).__name__
        raise UnusableFile(
            [either(f"this can't be read as YAML ({named})", f"ceci ne se lit pas comme du YAML ({named})")]
        ) from None
    except yaml.MarkedYAMLError as error:
        raise UnusableFile([f"{_where(error.problem_mark)}{error.problem}"]) from None
    if not isinstance(members, dict) or node is None:
        raise UnusableFile(
            [either(f"a mapping with {wanted} is expected", f"un ensemble de champs avec {wanted} est attendu")]
        )
    if twice:
        raise UnusableFile(twice)
    return members, lambda: dict(_marks(node, ()))


def _from_json(text: str) -> tuple[Mapping[str, Any], MarksOf] | None:
    """JSON, where it is that and nothing stands twice: read much faster. YAML tells what is wrong with all else."""
    try:
        members = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None

    def marks() -> Mapping[Place, Mark]:
        return _from_yaml(text, "")[1]()

    return (members, marks) if isinstance(members, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) != len(pairs):
        raise ValueError
    return members


def _where(at: Any) -> str:
    return f"{Mark(at.line + 1, at.column + 1)}: " if at else ""


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _marks(node: yaml.Node, place: Place) -> Iterator[tuple[Place, Mark]]:
    yield place, _mark(node)
    for name, child in _children(node):
        yield from _marks(child, (*place, name))


def _repeated(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    """Each member that stands again in the same mapping, with its name."""
    seen = set[str | int]()
    for name, child in _children(node):
        if name in seen:
            yield name, child
        seen.add(name)
        yield from _repeated(child)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
