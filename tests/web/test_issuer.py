import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from starlette.responses import RedirectResponse, Response

from shared.web.front import serve
from shared.web.issuer import IssuerAway, IssuerKeys, UnknownKey, fetch_over
from tests.web.builders import ISSUER, FakeIssuer


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def a_key(key_id: str) -> dict[str, object]:
    return dict(OKPKey.generate_key("Ed25519", {"kid": key_id}).as_dict(private=False))


async def test_keys_are_asked_for_once_an_hour() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    for seconds, asked in ((0, 2), (3599, 2), (2, 4)):
        watch.now += seconds
        await keys.find("one")
        assert issuer.asked == asked


async def test_many_callers_at_once_ask_once() -> None:
    issuer = FakeIssuer()
    keys = issuer.keys()
    await asyncio.gather(*(keys.find("one") for _ in range(50)))
    assert issuer.asked == 2


async def test_a_new_key_is_found_as_soon_as_a_token_names_it() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    await keys.find("one")
    issuer.published.append(a_key("two"))
    watch.now += 10
    assert (await keys.find("two")).kid == "two"


async def test_invented_key_ids_do_not_make_us_ask_again_and_again() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    for n in range(100):
        with pytest.raises(UnknownKey):
            await keys.find(f"invented-{n}")
    assert issuer.asked == 2


async def test_a_known_key_outlives_a_short_absence_of_the_issuer() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    await keys.find("one")
    issuer.away = True
    watch.now += 5 * 3600
    assert (await keys.find("one")).kid == "one"
    watch.now += 3601
    with pytest.raises(IssuerAway):
        await keys.find("one")


async def test_an_unknown_key_is_not_called_unknown_while_the_issuer_is_away() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    await keys.find("one")
    issuer.away = True
    watch.now += 60
    for _ in range(2):
        with pytest.raises(IssuerAway):
            await keys.find("new")


async def test_a_withdrawn_key_is_refused_after_an_hour() -> None:
    issuer, watch = FakeIssuer(), Watch()
    keys = IssuerKeys(ISSUER, issuer.fetch, watch)
    await keys.find("one")
    issuer.published = [a_key("two")]
    watch.now += 3600
    with pytest.raises(UnknownKey):
        await keys.find("one")


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed() -> None:
    issuer = FakeIssuer()
    issuer.name = "https://attacker.example"
    with pytest.raises(IssuerAway):
        await issuer.keys().find("one")


async def test_only_public_signature_keys_of_believed_kinds_are_used() -> None:
    issuer = FakeIssuer()
    private = OKPKey.generate_key("Ed25519", {"kid": "private"})
    issuer.published = [
        dict(OctKey.generate_key(256, {"kid": "secret"}).as_dict()),
        dict(ECKey.generate_key("P-384", {"kid": "curve"}).as_dict(private=False)),
        dict(OKPKey.generate_key("X25519", {"kid": "exchange"}).as_dict(private=False)),
        dict(private.as_dict(private=True)),
        {**a_key("sealing"), "use": "enc"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "broken"},
        {"kty": "AKP", "kid": "of-tomorrow"},
        a_key("good"),
    ]
    keys = issuer.keys()
    assert (await keys.find("good")).kid == "good"
    for key_id in ("secret", "curve", "exchange", "private", "sealing", "broken", "of-tomorrow"):
        with pytest.raises(UnknownKey):
            await keys.find(key_id)


@pytest.mark.filterwarnings("ignore:Key size should be")
async def test_a_short_rsa_key_is_not_used() -> None:
    issuer = FakeIssuer()
    short = RSAKey.generate_key(1024, {"kid": "short"})
    issuer.published = [dict(short.as_dict(private=False))]
    with pytest.raises(UnknownKey):
        await issuer.keys().find("short")


@asynccontextmanager
async def a_real_issuer() -> AsyncIterator[str]:
    app = FastAPI()

    @app.get("/{what:path}")
    async def answer(what: str, request: Request) -> Response:
        if what.startswith("redirect"):
            return RedirectResponse("/keys")
        return Response(
            "x" * (300_000 if what.startswith("endless") else 2), 500 if what.startswith("failing") else 200
        )

    async with serve(app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


async def test_keys_are_fetched_over_http_without_redirects_or_endless_answers() -> None:
    async with a_real_issuer() as address, httpx.AsyncClient() as client:
        fetch = fetch_over(client)
        assert await fetch(f"{address}/keys") == b"xx"
        for path in ("redirect", "endless", "failing"):
            with pytest.raises(IssuerAway):
                await fetch(f"{address}/{path}")
    async with httpx.AsyncClient() as client:
        for url in ("http://127.0.0.1:1/keys", "http://[", "file:///etc/hostname", ""):
            with pytest.raises(IssuerAway):
                await fetch_over(client)(url)


@pytest.mark.parametrize(
    "elsewhere",
    ["http://issuer.example/jwks", "https://attacker.example/jwks", "https://issuer.example@attacker.example/jwks"],
)
async def test_keys_come_over_tls_from_the_issuer_s_own_host(elsewhere: str) -> None:
    issuer = FakeIssuer()
    issuer.keys_at = elsewhere
    with pytest.raises(IssuerAway):
        await issuer.keys().find("one")
    assert issuer.asked == 1
