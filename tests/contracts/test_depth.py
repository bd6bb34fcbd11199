"""Nesting is counted before anything parses, and never by recursion."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.depth import DEEPEST, depth, is_too_deep

texts = st.text(alphabet='[]{}"\\aé\n')
any_json = st.recursive(
    texts | st.none() | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def _levels(json: Any) -> int:
    if isinstance(json, dict):
        return 1 + max(map(_levels, json.values()), default=0)
    if isinstance(json, list):
        return 1 + max(map(_levels, json), default=0)
    return 0


@given(any_json)
def test_depth_is_that_of_the_parsed_json_whatever_its_texts_hold(json: Any) -> None:
    assert depth(orjson.dumps(json)) == _levels(json)


@given(st.binary() | st.text(alphabet='[{"\\').map(str.encode))
def test_depth_never_fails_on_what_is_not_json(body: bytes) -> None:
    assert depth(body) >= 0
    assert is_too_deep(body) in (True, False)


@pytest.mark.parametrize(("levels", "is_refused"), [(DEEPEST, False), (DEEPEST + 1, True), (10_000, True)])
def test_32_levels_pass_and_one_more_is_refused(levels: int, is_refused: bool) -> None:
    assert is_too_deep(b"[" * levels + b"]" * levels) == is_refused


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert not is_too_deep(orjson.dumps([[]] * 1000))


def test_brackets_inside_a_text_are_not_deep() -> None:
    assert not is_too_deep(orjson.dumps(["[" * 1000, '\\"' + "{" * 1000]))


def test_a_text_that_never_ends_takes_no_time() -> None:
    assert depth(b'"' + b"a" * 250_000) == 0
    assert depth(b'"' + b'\\"' * 125_000) == 0
