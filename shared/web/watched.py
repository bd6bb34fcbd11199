"""Counts, times and traces every request."""

import time

from opentelemetry.trace import Span, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.watch.metrics import HTTP_REQUESTS, HTTP_SECONDS, Metrics
from shared.watch.traces import Tracing


class Watched:
    """The outermost ASGI middleware but one of a service's doors."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app, self._metrics, self._tracing = app, metrics, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        with self._tracing.hop("answer", "request", links=[_traceparent(scope)]) as span:
            try:
                await self._app(scope, receive, answer)
            finally:
                _describe(span, scope, status)
                self._count(scope["method"], status, time.perf_counter() - began)

    def _count(self, method: str, status: int, seconds: float) -> None:
        known = method if method in HTTP_REQUESTS.labels["method"] else "other"
        self._metrics[HTTP_REQUESTS].labels(known, f"{status // 100}xx").inc()
        self._metrics[HTTP_SECONDS].observe(seconds)


def _describe(span: Span, scope: Scope, status: int) -> None:
    """Name a span by the route's template, since path and method are input; say how the request ended."""
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)
    if route := scope.get("route"):
        method = scope["method"] if scope["method"] in HTTP_REQUESTS.labels["method"] else "_OTHER"
        span.update_name(f"answer {method} {route.path}")
        span.set_attributes({"http.request.method": method, "http.route": route.path})


def _traceparent(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
