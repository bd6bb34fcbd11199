import ast
from collections.abc import Iterator
from pathlib import Path

from shared.watch.log_lines import EVENT, KEYS

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("shared", "services", "cli"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and is_log_call(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def is_log_call(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Name(id="log"), attr=level):
            return level in LEVELS
    return False


def test_every_line_of_ours_is_named_by_a_constant() -> None:
    unnamed = [
        place
        for place, call in calls()
        if not (isinstance(call.args[0], ast.Constant) and EVENT.fullmatch(str(call.args[0].value)))
    ]
    assert unnamed == []


def test_every_member_of_a_line_of_ours_may_stand() -> None:
    stray = [
        (place, keyword.arg)
        for place, call in calls()
        for keyword in call.keywords
        if keyword.arg not in KEYS | {"exc_info", None}  # what a `**` brings is judged when it runs
    ]
    assert stray == []


def test_the_lines_are_found_at_all() -> None:
    assert len(list(calls())) > 5
