"""Every answer, whoever gives it and whatever it is, keeps browsers from keeping, guessing and framing it."""

import asyncio

import pytest

from deploy.local.ports import free_port
from shared.settings import ServiceSettings
from shared.web import connections
from shared.web.front import serve
from shared.web.pages import html
from shared.web.safe_headers import SAFE_HEADERS, with_safe
from shared.web.waiting import waiting_doors
from tests.web.builders import CASE, FakeIssuer, a_client, a_front, a_token, referral_router

ZERO, ONE = (f"{CASE[:-36]}00000000-0000-0000-0000-00000000000{n}" for n in (0, 1))
RAW = {
    "no HTTP": b"nonsense\r\n\r\n",
    "a head that has no end": b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000,
    "no token": f"GET {CASE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode(),
}


@pytest.mark.parametrize(
    ("method", "path", "status", "signs_in"),
    [
        ("GET", CASE, 200, True),
        ("HEAD", CASE, 200, True),
        ("GET", f"{CASE}?limit=x", 422, True),
        ("GET", CASE, 401, False),
        ("GET", "/nowhere", 404, True),
        ("GET", ZERO, 404, True),
        ("DELETE", CASE, 405, True),
        ("GET", ONE, 500, True),
        ("GET", "/readyz", 200, False),
        ("GET", "/problems/not-found", 200, False),
    ],
)
async def test_every_answer_has_them(method: str, path: str, status: int, signs_in: bool) -> None:
    issuer = FakeIssuer()
    headers = {"authorization": f"Bearer {a_token(issuer)}"} if signs_in else {}
    async with a_client(a_front(issuer, referral_router())) as client:
        answer = await client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert [answer.headers.get_list(name.decode()) for name in SAFE_HEADERS] == [
        [value.decode()] for value in SAFE_HEADERS.values()
    ]


@pytest.mark.parametrize("asked", RAW)
async def test_what_the_server_itself_refuses_has_them_too(asked: str) -> None:
    async with serve(a_front(FakeIssuer(), referral_router()), "127.0.0.1", 0) as port:
        assert_safe(await answered(port, RAW[asked]))


async def test_a_connection_too_many_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 0)
    async with serve(a_front(FakeIssuer(), referral_router()), "127.0.0.1", 0) as port:
        assert_safe(await answered(port, b""))


class SomeSettings(ServiceSettings):
    service = "sample"


async def test_doors_that_wait_for_their_servers_have_them_too() -> None:
    free = free_port()
    settings = SomeSettings.model_construct(http_port=free)
    async with waiting_doors(settings):
        for path in ("/readyz", CASE):
            assert_safe(await answered(free, f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()))


def test_a_page_keeps_its_own_policy() -> None:
    headers = with_safe(html("").raw_headers)
    policies = [value for name, value in headers if name == b"content-security-policy"]
    assert len(policies) == 1 and b"style-src 'self'" in policies[0]
    assert {name for name, _ in headers} >= set(SAFE_HEADERS)


async def answered(port: int, asked: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def assert_safe(answer: bytes) -> None:
    head = answer.partition(b"\r\n\r\n")[0].lower()
    for name, value in SAFE_HEADERS.items():
        assert name + b": " + value in head, head
