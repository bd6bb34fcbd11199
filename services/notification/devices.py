"""The page by which an ISCG subscribes her device to Web Push; what it makes, her coordinator puts in the roster."""

from pathlib import Path

from fastapi import APIRouter, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.web.pages import STYLE, html, static

PAGES = Path(__file__).parent / "pages"
TEXTS = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
SCRIPT = "text/javascript"


def device_pages(public_key: str | None) -> APIRouter:
    """The page, its script, its style, and the worker that shows what is pushed. `public_key` is our VAPID key."""
    router = APIRouter(prefix="/push", include_in_schema=False)

    @router.get("")
    async def read_page() -> Response:
        """Show how to subscribe this device."""
        return html(TEXTS.get_template("device.html").render(key=public_key))

    @router.get("/page.css")
    async def read_style() -> Response:
        """The page's style."""
        return static(STYLE, "text/css")

    @router.get("/page.js")
    async def read_script() -> Response:
        """What subscribes."""
        return static(PAGES / "page.js", SCRIPT)

    @router.get("/worker.js")
    async def read_worker() -> Response:
        """What shows notices on the device."""
        return static(PAGES / "worker.js", SCRIPT)

    return router
