"""Bodies that no honest vendor sends, and the status with which each is refused."""

from tests.intake.counter import a_clear_report, dumped

GOOD = dumped(a_clear_report())


def with_text(text: bytes) -> bytes:
    """A good report with raw bytes in the place of a text."""
    return dumped(a_clear_report(urgency="@")).replace(b'"@"', text)


ABUSES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not a number": (with_text(b"NaN"), 400),
    "endless": (with_text(b"-Infinity"), 400),
    "a huge number": (with_text(b"1e400"), 400),
    "a long number": (with_text(b"9" * 100_000), 400),
    "a member twice": (GOOD.replace(b'{"', b'{"test":true,"test":false,"', 1), 400),
    "a deep member twice": (with_text(b'{"a":{"b":1,"b":2}}'), 400),
    "half a pair": (with_text(b'"\\ud800"'), 400),
    "a nul": (with_text(b'"\\u0000"'), 422),
    "a bare nul": (with_text(b'"\x00"'), 400),
    "no utf-8": (with_text(b'"\xff\xfe"'), 400),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, 400),
    "utf-16": (GOOD.decode().encode("utf-16"), 400),
    "a comment": (b"/* */" + GOOD, 400),
    "two values": (GOOD + GOOD, 400),
    "a trailing comma": (GOOD[:-1] + b",}", 400),
    "deep lists": (with_text(b"[" * 40 + b"]" * 40), 400),
    "very deep lists": (b"[" * 200_000, 400),
    "very deep objects": (b'{"a":' * 40_000, 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "a text": (b'"report"', 422),
    "a member of its own": (with_text(b'"urgent","__proto__":{"admin":true}'), 422),
    "no jwe": (dumped({**a_clear_report(content=None), "sealed": "a.b.c.d.e"}), 422),
    "both contents": (dumped({**a_clear_report(), "sealed": "a.b.c.d.e"}), 422),
}
