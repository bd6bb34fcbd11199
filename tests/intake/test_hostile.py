"""Whatever comes to the HTTP door of a running intake is refused with a reason, and the next good report is taken."""

import asyncio
import ssl
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from pymongo import AsyncMongoClient

from deploy.local.issuer.server import build_issuer
from deploy.local.ports import answers, free_port
from deploy.local.stack import Stack
from deploy.local.waiting import wait_for
from shared.vault.sign import verify
from shared.web.connections import most_connections
from shared.web.front import serve
from tests.contracts.builders import Json
from tests.delivery.history import read_all
from tests.intake.abuses import ABUSES, GOOD
from tests.intake.conftest import prepare
from tests.intake.counter import a_clear_report, an_event, dumped, event_headers, typed
from tests.intake.vendor import Vendor, a_token, an_issuer
from tests.web.certificates import Authority

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
OPEN_CONNECTIONS = 2000
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "ignored_auth",
    )
)


@pytest.fixture(scope="module")
async def vendor(stack: Stack, kafka: str, mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[Vendor]:
    """Intake as a process, an issuer, and a vendor that has signed in by its key."""
    issuer = an_issuer(free_port())
    own = {"RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": issuer.address, "RELAIS_METRICS_PORT": "0"}
    await prepare({**stack.settings(), **own}, mongo, namespace)
    service = stack.service("intake", own)
    async with AsyncExitStack() as open_:
        await open_.enter_async_context(serve(build_issuer(issuer), "127.0.0.1", issuer.port))
        open_.push_async_callback(asyncio.to_thread, service.stop)
        await asyncio.to_thread(service.start)
        client = await open_.enter_async_context(httpx.AsyncClient(timeout=30))
        yield Vendor(service.address, await a_token(issuer.address), client)
        assert service.process.is_running()


@pytest.mark.parametrize("abuse", ABUSES)
async def test_every_abuse_of_json_is_refused_with_a_reason(vendor: Vendor, abuse: str) -> None:
    body, status = ABUSES[abuse]
    answer = await vendor.hand_in(body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"].startswith("/problems/")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"[" + b",".join([b"null"] * 100) + b"]", 207),
        (b"[" + b",".join([b"[]"] * 300_000) + b"]", 413),
        (b'["' + b"x" * 900_000 + b'"]', 207),
        (b"[" + b"1" * 900_000 + b"]", 400),
        (b"[" + b" " * 900_000 + b"]", 207),
        (b"[" + b" " * 1_100_000 + b"]", 413),
        (dumped([an_event(a_clear_report())])[:-1], 400),
        (dumped([[an_event(a_clear_report())]]), 207),
        (dumped([{"specversion": 1, "id": {}, "type": [], "source": None, "data": []}]), 207),
    ],
)
async def test_an_abused_batch_takes_nothing_down(vendor: Vendor, body: bytes, status: int) -> None:
    answer = await vendor.hand_in(body, typed(BATCH))
    assert answer.status_code == status
    if status == 207:
        assert all(each["status"] in (413, 422) for each in answer.json())


async def test_headers_that_say_nothing_sensible_are_faults(vendor: Vendor) -> None:
    for headers in (
        event_headers() | {"ce-id": "x" * 10_000},
        event_headers() | {"ce-subject": "../../etc/passwd"},
        event_headers() | {"ce-time": "yesterday"},
        event_headers() | {"traceparent": "00-zz"},
    ):
        assert (await vendor.hand_in(dumped(a_clear_report()), headers)).status_code == 201
    for headers in ({}, typed("application/json"), typed("application/json") | {"ce-specversion": "1.1"}):
        assert (await vendor.hand_in(GOOD, headers)).status_code in (415, 422)


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer x", "Basic cG9saWNlOng=", f"Bearer {'a.' * 5000}", "Bearer eyJhbGciOiJub25lIn0.e30."],
)
async def test_nobody_comes_in_without_a_good_token(vendor: Vendor, token: str) -> None:
    answer = await vendor.hand_in(GOOD, event_headers() | {"authorization": token})
    assert answer.status_code == 401


async def test_what_is_no_http_is_answered_400_or_not_at_all(vendor: Vendor) -> None:
    chunked = {"transfer-encoding": "chunked"}
    for parts in (
        (b"\x16\x03\x01\x02\x00" + b"\x00" * 512,),
        (b"BREW / HTCPCP/1.0\r\n\r\n",),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 30_000 + b"\r\n",),
        (vendor.head("-1"),),
        (vendor.head("9" * 40), b"{}"),
        (vendor.head(2, **chunked), b"zz\r\n{}\r\n0\r\n\r\n"),
        (vendor.head("", **chunked), b"ffffffffffffffffffff\r\n"),
        (vendor.head("", **{"transfer-encoding": "gzip, chunked"}), b"2\r\n{}\r\n0\r\n\r\n"),
    ):
        line = await vendor.say(*parts)
        assert not line or 400 <= int(line.split()[1]) < 500 or line.split()[1] == b"501"
    assert await vendor.is_served()


async def test_an_upload_that_is_cut_is_never_taken_for_a_whole_one(vendor: Vendor) -> None:
    """The part that came is a good report by itself: only its announced length tells that more was to come."""
    sent = [a_clear_report() for _ in range(20)]
    for report in sent:
        body = dumped(report)
        async with vendor.connection() as (_, writer):
            writer.write(vendor.head(len(body) + 10) + body)
            await writer.drain()
    assert await vendor.is_served()
    for report in sent:
        assert await vendor.follow(report["report_id"]) == 404


async def test_an_endless_upload_is_ended(vendor: Vendor) -> None:
    block = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    line = await vendor.say(vendor.head("", **{"transfer-encoding": "chunked"}), *([block] * 64))
    assert line == b"" or line.startswith(b"HTTP/1.1 413")
    line = await vendor.say(vendor.head(10**12), *([b" " * 65_536] * 64))
    assert line == b"" or line.startswith(b"HTTP/1.1 413")
    assert await vendor.is_served()


async def test_two_thousand_open_connections_keep_nobody_out(vendor: Vendor) -> None:
    """Some say nothing, some drip a head, some drip a body; those that ask for nothing are let go.

    They come from eight addresses, since one may have 400.
    """
    most_connections()
    starts = (b"", b"POST /v1/rep", vendor.head(100_000) + b"{")
    async with AsyncExitStack() as all_open:
        streams = []
        for n in range(OPEN_CONNECTIONS):
            reader, writer = await all_open.enter_async_context(vendor.connection(f"127.0.0.{2 + n % 8}"))
            writer.write(starts[n % 3])
            streams.append(reader)
        taken = [await vendor.is_served() for _ in range(20)]
        assert all(taken)
        silent = [reader for n, reader in enumerate(streams) if n % 3 < 2]
        async with asyncio.timeout(20):
            assert {await reader.read() for reader in silent} <= {b""}
    assert await vendor.is_served()


async def test_one_address_that_opens_what_it_can_puts_nobody_off(vendor: Vendor) -> None:
    async with AsyncExitStack() as all_open:
        for _ in range(450):
            await all_open.enter_async_context(vendor.connection("127.0.0.9"))
        async with vendor.connection("127.0.0.9") as (reader, _):
            assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 503")
        assert all([await vendor.is_served() for _ in range(5)])


async def test_a_stranger_who_reads_the_published_document_gets_what_it_says(vendor: Vendor, tmp_path: Path) -> None:
    """Schemathesis reads OpenAPI and calls every door by it, well and badly."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{vendor.address}/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {vendor.token}", "--checks", CHECKS),
        *("--phases", "fuzzing", "--max-examples", "20", "--seed", "1", "--no-color"),
    ]
    run = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, cwd=tmp_path)
    async with asyncio.timeout(100):
        said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()[-6000:]
    assert await vendor.is_served()


async def test_the_receipt_of_a_report_by_http_comes_on_kafka_too(vendor: Vendor, kafka: str, namespace: str) -> None:
    receipt = (await vendor.hand_in(dumped(a_clear_report()))).json()
    heard = list[Json]()
    async with asyncio.timeout(20):
        while not heard:
            every = await read_all(kafka, [f"{namespace}.station.receipts.gendarmerie"])
            heard = [orjson.loads(said.value) for said in every if said.key == receipt["report_id"]]
    assert heard == [receipt]
    keys = (await vendor.client.get(f"{vendor.address}/.well-known/jwks.json")).json()
    signed = orjson.loads(verify(receipt["jws"], keys))
    assert signed == {name: value for name, value in receipt.items() if name not in ("event_id", "jws")}


async def test_a_service_with_mutual_tls_lets_in_whom_its_authority_vouches_for(
    stack: Stack, vendor: Vendor, namespace: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "authority")
    server, client = authority.sign("service"), authority.sign("vendor")
    own = {"RELAIS_NAMESPACE": namespace, "RELAIS_ISSUER": "http://127.0.0.1:1", "RELAIS_METRICS_PORT": "0"}
    own |= {"RELAIS_TLS_CERTIFICATE": str(server.certificate), "RELAIS_TLS_KEY": str(server.key)}
    second = stack.service("intake-2", own | {"RELAIS_TLS_CLIENT_CA": str(authority.certificate)})
    second.launch()
    address = second.address.replace("http:", "https:")
    try:
        await asyncio.to_thread(wait_for, second.process, lambda: answers(second.port))
        with_one, without = (ssl.create_default_context(cafile=authority.certificate) for _ in range(2))
        with_one.load_cert_chain(client.certificate, client.key)
        async with httpx.AsyncClient(verify=with_one) as known, httpx.AsyncClient(verify=without) as unknown:
            assert (await known.get(f"{address}/.well-known/jwks.json")).status_code == 200
            with pytest.raises(httpx.TransportError):
                await unknown.get(f"{address}/.well-known/jwks.json")
    finally:
        await asyncio.to_thread(second.stop)


async def test_in_a_rush_each_report_is_taken_or_asked_to_come_again(vendor: Vendor) -> None:
    limits = httpx.Limits(max_connections=700)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        rushing = Vendor(vendor.address, vendor.token, client)
        answers = await asyncio.gather(*(rushing.hand_in(dumped(a_clear_report())) for _ in range(700)))
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert any(answer.status_code == 201 for answer in answers)
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert await vendor.is_served()


async def test_what_was_called_taken_in_a_rush_is_there(vendor: Vendor) -> None:
    reports = [a_clear_report(report_id=str(uuid4())) for _ in range(60)]
    answers = await asyncio.gather(*(vendor.hand_in(dumped(report)) for report in reports))
    for report, answer in zip(reports, answers, strict=True):
        if answer.status_code == 201:
            assert await vendor.follow(report["report_id"]) == 200
