"""Pages for people: what each is sent with, so that nothing is kept, framed, run or fetched that is not ours."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from fastapi import Response

STYLE = Path(__file__).parent / "page.css"
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
)


def html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page."""
    return Response(text, status, {**HEADERS, **(headers or {})}, "text/html; charset=utf-8")


def static(path: Path, media_type: str) -> Response:
    """What a page needs."""
    return Response(path.read_bytes(), headers={**HEADERS, "Cache-Control": "max-age=3600"}, media_type=media_type)
