import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message, Scope

from shared.web import connections, limits
from shared.web.connections import BUSY, network_of
from shared.web.crowd import Crowd
from shared.web.front import serve
from shared.web.limits import DROPPED, MOST_BYTES, MOST_BYTES_OF_STRANGERS, BodyLimits, Held, TooMuchHeld
from tests.web.builders import a_client


def an_app(slowest: float = 5) -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    app.add_middleware(BodyLimits, admits, slowest=slowest)
    return app


async def admits(scope: Scope) -> bool:
    """Whoever does not say that it is a stranger."""
    return (b"x-who", b"stranger") not in scope["headers"]


async def sent(content: bytes | AsyncIterator[bytes], slowest: float = 5) -> httpx.Response:
    async with a_client(an_app(slowest)) as client:
        return await client.post("/", content=content)


async def in_parts(part: bytes, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield part


async def test_a_body_of_the_greatest_size_comes_in_whole() -> None:
    assert (await sent(b" " * MOST_BYTES)).json() == {"bytes": MOST_BYTES}
    assert (await sent(in_parts(b" " * 1024, 256))).json() == {"bytes": MOST_BYTES}


async def test_a_body_one_byte_larger_stays_outside() -> None:
    for body in (b" " * (MOST_BYTES + 1), in_parts(b" " * 1025, 256)):
        answer = await sent(body)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        assert answer.headers["connection"] == "close"


async def test_an_endless_body_is_read_no_further_than_the_limit() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1024
            yield b" " * 1024

    messages, said = endless(), list[Message]()

    async def receive() -> Message:
        return {"type": "http.request", "body": await anext(messages), "more_body": True}

    async def send(message: Message) -> None:
        said.append(message)

    await BodyLimits(an_app(), admits)({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert taken <= MOST_BYTES + 1024
    assert said[0]["status"] == 413


async def test_a_body_that_drips_in_too_slowly_is_given_up() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    answer = await sent(dripping(), slowest=0.05)
    assert (answer.status_code, answer.json()["type"]) == (408, "/problems/too-slow")


@pytest.mark.parametrize(("levels", "status"), [(32, 200), (33, 400), (100_000, 400)])
async def test_a_body_nests_thirty_two_levels_and_no_more(levels: int, status: int) -> None:
    answer = await sent(b"[" * levels + b"]" * levels)
    assert answer.status_code == status


async def test_a_body_that_is_cut_never_reaches_the_door() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"[]", "more_body": True},
        {"type": "http.disconnect"},
    ]
    said = list[Message]()

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    await BodyLimits(an_app(), admits)({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert said == []


async def test_a_batch_may_be_a_mebibyte_long_and_nothing_else_may() -> None:
    batch = {"content-type": "application/cloudevents-batch+json"}
    async with a_client(an_app()) as client:
        assert (await client.post("/", content=b" " * 1_048_576, headers=batch)).status_code == 200
        assert (await client.post("/", content=b" " * 1_048_577, headers=batch)).status_code == 413
        assert (await client.post("/", content=b" " * 262_145)).status_code == 413


async def test_whoever_comes_into_a_crowd_is_asked_to_come_again() -> None:
    inside, leave = asyncio.Event(), asyncio.Event()
    app = FastAPI()

    @app.get("/slow")
    async def stay() -> None:
        inside.set()
        await leave.wait()

    @app.get("/livez")
    async def live() -> None:
        pass

    app.add_middleware(Crowd, most=1)
    async with a_client(app) as client:
        first = asyncio.create_task(client.get("/slow"))
        await inside.wait()
        refused = await client.get("/slow")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await client.get("/livez")).status_code == 200
        leave.set()
        assert (await first).status_code == 200
        assert (await client.get("/slow")).status_code == 200


async def test_of_a_stranger_no_more_than_a_form_is_kept_and_the_door_is_told() -> None:
    told = list[tuple[bool, int]]()
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> None:
        told.append((bool(request.scope.get(DROPPED)), len(await request.body())))

    app.add_middleware(BodyLimits, admits)
    async with a_client(app) as client:
        for who, size in (("friend", MOST_BYTES), ("stranger", MOST_BYTES_OF_STRANGERS), ("stranger", MOST_BYTES)):
            assert (await client.post("/", content=b" " * size, headers={"x-who": who})).status_code == 200
        assert (
            await client.post("/", content=b" " * (MOST_BYTES + 1), headers={"x-who": "stranger"})
        ).status_code == 413
    assert told == [(False, MOST_BYTES), (False, MOST_BYTES_OF_STRANGERS), (True, 0)]


async def test_bodies_of_all_together_are_bounded_and_strangers_take_nobody_s_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST_HELD", 100)
    monkeypatch.setattr(limits, "MOST_HELD_OF_STRANGERS", 50)
    leave, inside = asyncio.Event(), asyncio.Queue[None]()
    app = FastAPI()

    @app.post("/")
    async def stay(request: Request) -> int:
        inside.put_nowait(None)
        await leave.wait()
        return len(await request.body())

    app.add_middleware(BodyLimits, admits)
    async with a_client(app) as client:

        async def send(size: int, who: str) -> int:
            return (await client.post("/", content=b" " * size, headers={"x-who": who})).status_code

        staying = [asyncio.create_task(send(50, who)) for who in ("friend", "stranger", "friend")]
        for _ in staying:
            await inside.get()
        assert [await send(1, who) for who in ("friend", "stranger")] == [503, 503]
        leave.set()
        assert await asyncio.gather(*staying) == [200, 200, 200]
        assert await send(100, "friend") == 200
        assert await send(101, "friend") == 503, "one alone is too large, too"


def test_what_is_held_is_given_back() -> None:
    held = Held(10)
    held.take(10)
    with pytest.raises(TooMuchHeld):
        held.take(1)
    held.give(10)
    held.take(10)


async def test_a_connection_too_many_gets_its_503_and_no_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 1)
    async with serve(an_app(), "127.0.0.1", 0) as port:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + b" " * 60000)
            assert await asyncio.wait_for(reader.read(), 5) == BUSY
            writer.close()
        first.close()


async def test_whoever_asks_again_and_again_and_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SLOWEST_READER", 0.2)
    app = FastAPI()

    @app.get("/")
    async def much() -> str:
        return " " * 200_000

    async with serve(app, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 1000)
        with pytest.raises((ConnectionError, TimeoutError)):
            while True:
                writer.write(b"x")
                await asyncio.wait_for(writer.drain(), 5)
                await asyncio.sleep(0.05)
        writer.close()
        assert reader.at_eof() or reader.exception()


async def test_one_address_has_so_many_places_and_gets_them_back() -> None:
    async with serve(an_app(), "127.0.0.1", 0, None, 2) as port:

        async def refused(address: str) -> bool:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            opened.append(writer)
            with suppress(TimeoutError):
                return await asyncio.wait_for(reader.read(), 0.2) == BUSY
            return False

        opened: list[asyncio.StreamWriter] = []
        assert [await refused("127.0.0.2") for _ in range(4)] == [False, False, True, True]
        assert not await refused("127.0.0.3")
        opened[0].close()
        await opened[0].wait_closed()
        while await refused("127.0.0.2"):
            pass
        for writer in opened:
            writer.close()


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::2", "2001:db8:0:1::/64"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("", ""),
    ],
)
def test_a_subscriber_counts_as_one(address: str, counted_as: str) -> None:
    assert network_of(address) == counted_as


async def test_what_waits_behind_a_request_is_bounded_over_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_UNPARSED", 100_000)
    going_on = asyncio.Event()
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> None:
        await going_on.wait()

    @app.get("/fast")
    async def fast() -> None:
        return None

    async with serve(app, "127.0.0.1", 0) as port, httpx.AsyncClient() as client:
        streams = []
        for _ in range(8):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n" * 1000)
            streams.append((reader, writer))
        cut = [asyncio.create_task(reader.read(1)) for reader, _ in streams]
        done, _ = await asyncio.wait(cut, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert done and all(task.exception() or task.result() == b"" for task in done)
        assert (await client.get(f"http://127.0.0.1:{port}/fast")).status_code == 200
        for _, writer in streams:
            writer.close()
        going_on.set()
        await asyncio.wait(cut)
        # What they held is given back: whoever asks one thing after the other is served.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(20):
            writer.write(b"GET /fast HTTP/1.1\r\nhost: x\r\n\r\n" * 1000)
            for _ in range(1000):
                await reader.readuntil(b"null")
        writer.close()
