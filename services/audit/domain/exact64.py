"""Base64 in its one spelling, so that no character of a signed file can be changed unnoticed."""

from base64 import b64decode, b64encode


def encoded(content: bytes) -> str:
    """Bytes as text: RFC 4648, section 4, padded."""
    return b64encode(content).decode()


def decoded(text: str) -> bytes:
    """The bytes of a text that `encoded` could have written. Raises `ValueError`."""
    content = b64decode(text, validate=True)
    if encoded(content) != text:
        raise ValueError("not the one spelling of these bytes")
    return content
