import asyncio
import json
import socket
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from shared.addresses import CannotListen
from shared.watch.health import Health
from shared.watch.metrics import Metrics
from shared.watch.traces import start_tracing
from shared.web.doors import Doors
from shared.web.front import build_front, serve
from tests.web.builders import SECRET, FakeIssuer, a_client

STATION = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def public_router() -> APIRouter:
    router = APIRouter()

    @router.get("/tile/{path:path}")
    async def tile(path: str) -> Response:
        if path == "broken":
            raise ValueError
        return Response(b"hashes", headers={"cache-control": "public, max-age=31536000, immutable"})

    return router


def audit_front(metrics: Metrics, trace_file: Path) -> tuple[FastAPI, Metrics]:
    tracing = start_tracing("audit", "one", trace_file)
    doors = Doors("audit", FakeIssuer().tokens(), SECRET)
    app = build_front(doors, metrics, tracing, Health({}), public_router())
    app.state.tracing = tracing
    return app, metrics


async def test_requests_are_counted_by_method_and_kind_of_answer(tmp_path: Path) -> None:
    app, metrics = audit_front(Metrics("audit"), tmp_path / "spans")
    async with a_client(app) as client:
        for path in ("/tile/0/000", "/tile/0/001", "/nowhere", "/tile/broken"):
            await client.get(path)
        await client.request("BREW", "/tile/0/000")
    app.state.tracing.close()

    def count(method: str, status: str) -> float | None:
        labels = {"service": "audit", "method": method, "status": status}
        return metrics.registry.get_sample_value("relais_http_requests_total", labels)

    assert [count("GET", status) for status in ("2xx", "4xx", "5xx")] == [2, 1, 1]
    assert count("other", "4xx") == 1


async def test_a_request_is_a_span_named_by_its_route_and_linked_to_the_caller_s(tmp_path: Path) -> None:
    app, _ = audit_front(Metrics("audit"), tmp_path / "spans")
    async with a_client(app) as client:
        await client.get("/tile/0/some-name", headers={"traceparent": STATION})
    app.state.tracing.close()
    span = json.loads((tmp_path / "spans").read_text())
    assert span["name"] == "answer GET /tile/{path:path}"
    assert span["parent_id"] is None
    assert span["links"][0]["context"]["trace_id"].removeprefix("0x") in STATION
    assert span["kind"] == "SpanKind.SERVER"
    assert span["attributes"]["http.response.status_code"] == 200
    assert "some-name" not in (tmp_path / "spans").read_text()


async def test_a_method_that_nobody_knows_is_not_in_a_span(tmp_path: Path) -> None:
    app, _ = audit_front(Metrics("audit"), tmp_path / "spans")
    async with a_client(app) as client:
        await client.request("CANARI", "/tile/0/000")
    app.state.tracing.close()
    assert "answer _OTHER /tile" in (tmp_path / "spans").read_text()
    assert "CANARI" not in (tmp_path / "spans").read_text()


async def test_an_answer_that_may_be_cached_says_so_itself(tmp_path: Path) -> None:
    app, _ = audit_front(Metrics("audit"), tmp_path / "spans")
    async with a_client(app) as client:
        answer = await client.get("/tile/0/000")
    app.state.tracing.close()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def a_slow_app(started: asyncio.Event) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def answer() -> dict[str, bool]:
        started.set()
        await asyncio.sleep(0.2)
        return {"answered": True}

    return app


async def test_doors_that_close_answer_whoever_is_inside() -> None:
    started = asyncio.Event()
    async with httpx.AsyncClient() as client:
        async with serve(a_slow_app(started), "127.0.0.1", 0) as port:
            inside = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/"))
            await started.wait()
        assert (await inside).json() == {"answered": True}
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_a_port_that_is_taken_stops_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListen, match="RELAIS_HTTP_PORT"):
        async with serve(FastAPI(), "127.0.0.1", taken.getsockname()[1]):
            pass


async def test_a_server_tells_nothing_of_what_it_is_made_of() -> None:
    async with serve(FastAPI(), "127.0.0.1", 0) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/")
    assert "server" not in answer.headers
