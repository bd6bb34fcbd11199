import asyncio
import json
import secrets
import stat
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey

from deploy.local.issuer.config import Client, IssuerConfig, new_config, read_config, write_config
from deploy.local.issuer.server import build_issuer
from shared.web.issuer import IssuerKeys, fetch_over
from shared.web.tokens import Tokens, TokenTerms

ADDRESS = "http://127.0.0.1:8090"
KEY = ECKey.generate_key("P-256", {"kid": "of-gendarmerie"})
BY_KEY = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def a_config() -> IssuerConfig:
    config = new_config(ADDRESS, {"police": ["integrator"], "coordinator-31": ["coordinator", "iscg"]})
    by_key = Client(client_id="gendarmerie", roles=("integrator",), keys=(KEY.as_dict(private=False),))
    return config.model_copy(update={"clients": (*config.clients, by_key)})


CONFIG = a_config()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_issuer(CONFIG))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield client


def secret_of(client_id: str) -> str:
    (found,) = (client for client in CONFIG.clients if client.client_id == client_id)
    assert found.secret is not None
    return found.secret.get_secret_value()


def a_statement(key: Key = KEY, algorithm: str = "ES256", **claims: Any) -> dict[str, str]:
    now = int(time.time())
    said = {"iss": "gendarmerie", "sub": "gendarmerie", "aud": ADDRESS, "iat": now, "exp": now + 60} | claims
    said.setdefault("jti", secrets.token_hex(8))
    signed = jwt.encode({"alg": algorithm, "kid": key.kid}, said, key, algorithms=[algorithm])
    return {"grant_type": "client_credentials", "client_assertion_type": BY_KEY, "client_assertion": signed}


async def asked(client: httpx.AsyncClient, form: dict[str, str], **sent: Any) -> httpx.Response:
    return await client.post("/token", data=form, **sent)


async def asked_by_secret(client: httpx.AsyncClient, client_id: str, secret: str) -> httpx.Response:
    return await asked(client, {"grant_type": "client_credentials"}, auth=(client_id, secret))


async def test_a_token_for_a_secret_is_believed_at_the_doors_of_relais(client: httpx.AsyncClient) -> None:
    answer = await asked_by_secret(client, "coordinator-31", secret_of("coordinator-31"))
    assert answer.json()["expires_in"] == 1800
    token = await Tokens(IssuerKeys(ADDRESS, fetch_over(client)), TokenTerms("relais")).check(
        answer.json()["access_token"]
    )
    assert (token.issuer, token.subject, token.client_id) == (ADDRESS, "coordinator-31", "coordinator-31")
    assert token.roles == ("coordinator", "iscg")


async def test_a_token_for_a_signed_statement_is_believed_too(client: httpx.AsyncClient) -> None:
    answer = await asked(client, a_statement())
    token = await Tokens(IssuerKeys(ADDRESS, fetch_over(client)), TokenTerms("relais")).check(
        answer.json()["access_token"]
    )
    assert (token.subject, token.roles) == ("gendarmerie", ("integrator",))


async def test_a_secret_may_come_in_the_form_as_well(client: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": secret_of("police")}
    assert (await asked(client, form)).status_code == 200


async def test_a_wrong_secret_gets_no_token(client: httpx.AsyncClient) -> None:
    for client_id, secret in (("police", "guess"), ("nobody", "guess"), ("gendarmerie", "guess"), ("police", "é")):
        answer = await asked_by_secret(client, client_id, secret)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert "access_token" not in answer.text


async def test_a_signed_statement_counts_once(client: httpx.AsyncClient) -> None:
    statement = a_statement()
    assert (await asked(client, statement)).status_code == 200
    assert (await asked(client, statement)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "claims", [{"aud": "https://another.example"}, {"exp": 1}, {"iss": "police"}, {"sub": "nobody"}, {"sub": "police"}]
)
async def test_a_statement_with_a_wrong_claim_gets_no_token(client: httpx.AsyncClient, claims: dict[str, Any]) -> None:
    answer = await asked(client, a_statement(KEY, "ES256", **claims))
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


async def test_a_stranger_s_statement_gets_no_token(client: httpx.AsyncClient) -> None:
    for stranger, algorithm in (
        (ECKey.generate_key("P-256", {"kid": "of-gendarmerie"}), "ES256"),
        (OKPKey.generate_key("Ed25519", {"kid": "of-gendarmerie"}), "Ed25519"),
    ):
        answer = await asked(client, a_statement(stranger, algorithm))
        assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", ""])
async def test_no_other_way_to_a_token_is_open(client: httpx.AsyncClient, grant: str) -> None:
    answer = await asked(client, {"grant_type": grant}, auth=("police", secret_of("police")))
    assert answer.status_code == 400
    assert "access_token" not in answer.text


async def test_discovery_promises_what_is_there_and_the_keys_are_public(client: httpx.AsyncClient) -> None:
    found = (await client.get("/.well-known/openid-configuration")).json()
    AuthorizationServerMetadata(found).validate()
    assert found["issuer"] == ADDRESS
    (key,) = (await client.get(found["jwks_uri"])).json()["keys"]
    assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")
    assert "d" not in key


def test_its_file_is_for_its_owner_s_eyes_and_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "issuer.json"
    write_config(CONFIG, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_config(path) == CONFIG
    assert secret_of("police") not in repr(CONFIG)
    assert json.loads(path.read_text())["key"]["d"] not in repr(CONFIG)


async def test_it_serves_from_its_file_alone(tmp_path: Path, unused_tcp_port: int) -> None:
    address = f"http://127.0.0.1:{unused_tcp_port}"
    write_config(new_config(address, {"police": ["integrator"]}), tmp_path / "issuer.json")
    command = [sys.executable, "-m", "deploy.local.issuer", str(tmp_path / "issuer.json")]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        assert (await first_answer(f"{address}/.well-known/openid-configuration")).json()["issuer"] == address
    finally:
        process.terminate()
        await process.wait()


async def first_answer(url: str) -> httpx.Response:
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        while True:
            try:
                return await client.get(url)
            except httpx.ConnectError:
                await asyncio.sleep(0.1)


async def test_a_file_that_is_no_configuration_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "issuer.json").write_text('{"key": "canary"}')
    command = [sys.executable, "-m", "deploy.local.issuer", str(tmp_path / "issuer.json")]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode().count("\n") == 1
    assert b"canary" not in said
