"""The HTTP door speaks TLS where told to, asks clients for certificates, and opens to no network in clear."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from fastapi import FastAPI

from shared.settings import ServiceSettings, WrongSettings, read_settings
from shared.web.front import serve
from tests.web.certificates import Authority, Pair


class DoorSettings(ServiceSettings):
    service: ClassVar[str] = "sample"


class Tls:
    """A service's certificate, the clients' authority, and settings that name them."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.ours, self.clients = Authority(folder, "ours"), Authority(folder, "clients")
        self.server, self._patch = self.ours.sign("service"), patch
        self.set(KAFKA="127.0.0.1:9092", MONGO="mongodb://127.0.0.1", ISSUER="http://127.0.0.1:1")
        self.set(AUTHID_SECRET="a" * 32, HTTP_PORT="0", METRICS_PORT="0")

    def set(self, **settings: object) -> None:
        for name, value in settings.items():
            self._patch.setenv(f"RELAIS_{name}", str(value))

    def set_server(self) -> None:
        self.set(TLS_CERTIFICATE=self.server.certificate, TLS_KEY=self.server.key)

    def client(self, pair: Pair | None = None) -> httpx.AsyncClient:
        context = ssl.create_default_context(cafile=self.ours.certificate)
        if pair:
            context.load_cert_chain(pair.certificate, pair.key)
        return httpx.AsyncClient(verify=context)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    return Tls(tmp_path, monkeypatch)


@pytest.fixture
async def port(tls: Tls) -> AsyncIterator[int]:
    """A door that asks for certificates of the clients' authority."""
    tls.set_server()
    tls.set(TLS_CLIENT_CA=tls.clients.certificate)
    async with serve(FastAPI(), "127.0.0.1", 0, read_settings(DoorSettings).tls()) as port:
        yield port


async def test_a_client_with_a_certificate_comes_in(tls: Tls, port: int) -> None:
    async with tls.client(tls.clients.sign("vendor")) as client:
        assert (await client.get(f"https://127.0.0.1:{port}/")).status_code == 404


async def test_a_client_without_a_certificate_is_refused(tls: Tls, port: int) -> None:
    async with tls.client() as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"https://127.0.0.1:{port}/")


async def test_a_certificate_of_another_authority_is_refused(tls: Tls, port: int) -> None:
    async with tls.client(tls.ours.sign("stranger")) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"https://127.0.0.1:{port}/")


async def test_a_door_with_tls_does_not_answer_in_clear(port: int) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_tls_without_an_authority_of_clients_asks_for_no_certificate(tls: Tls) -> None:
    tls.set_server()
    async with serve(FastAPI(), "127.0.0.1", 0, read_settings(DoorSettings).tls()) as port, tls.client() as client:
        assert (await client.get(f"https://127.0.0.1:{port}/")).status_code == 404


def refusal() -> str:
    with pytest.raises(WrongSettings) as refused:
        read_settings(DoorSettings)
    return str(refused.value)


def test_a_door_in_clear_stays_on_this_machine(tls: Tls) -> None:
    tls.set(HTTP_HOST="0.0.0.0")  # noqa: S104 # what must be refused
    assert refusal() == (
        "RELAIS_HTTP_HOST opens the door beyond this machine, in clear: set RELAIS_TLS_CERTIFICATE and "
        "RELAIS_TLS_KEY, or RELAIS_TLS_AT_PROXY to true where a proxy of yours ends TLS"
    )


def test_a_door_opens_to_a_network_with_tls_or_behind_a_proxy(tls: Tls) -> None:
    tls.set(HTTP_HOST="0.0.0.0", TLS_AT_PROXY="true")  # noqa: S104 # what TLS or a proxy allows
    assert read_settings(DoorSettings).tls() is None
    tls.set(TLS_AT_PROXY="false")
    tls.set_server()
    assert read_settings(DoorSettings).tls() is not None


def test_a_certificate_without_its_key_stops_the_start(tls: Tls) -> None:
    tls.set(TLS_CERTIFICATE=tls.server.certificate)
    assert refusal() == "RELAIS_TLS_CERTIFICATE and RELAIS_TLS_KEY need each other: set both or none"


def test_an_authority_of_clients_without_tls_stops_the_start(tls: Tls) -> None:
    tls.set(TLS_CLIENT_CA=tls.clients.certificate)
    assert refusal().startswith("RELAIS_TLS_CLIENT_CA needs TLS")


@pytest.mark.parametrize("setting", ["TLS_CERTIFICATE", "TLS_KEY", "TLS_CLIENT_CA"])
def test_a_pem_file_that_cannot_be_used_stops_the_start(tls: Tls, setting: str, tmp_path: Path) -> None:
    tls.set_server()
    (tmp_path / "broken.pem").write_text("no certificate")
    for path in (tmp_path / "absent.pem", tmp_path / "broken.pem"):
        tls.set(**{setting: path})
        assert refusal().startswith("RELAIS_TLS_CERTIFICATE, RELAIS_TLS_KEY or RELAIS_TLS_CLIENT_CA cannot be used")
