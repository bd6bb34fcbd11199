"""How deep a JSON text nests, told before anything parses it: a station's body must not exhaust anybody's stack."""

import re

DEEPEST = 32
"""Levels of objects and lists that a body, or a sealed content once opened, may nest."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)


def depth(body: bytes) -> int:
    """Levels of nesting of a JSON text; of any other bytes, a number of no meaning. Never raises, never recurs."""
    deepest = level = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif first in b"]}":
            level -= 1
    return deepest


def is_too_deep(body: bytes) -> bool:
    """Whether a body nests deeper than is allowed at the stations' doors."""
    return body.count(b"[") + body.count(b"{") > DEEPEST and depth(body) > DEEPEST
