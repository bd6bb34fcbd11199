"""A broker that wants TLS and a password: who is refused there, and what only looks like a broker that is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from deploy.local.kafka import Kafka
from deploy.local.ports import Ports
from deploy.local.waiting import wait_for
from shared.delivery.away import ServerRefuses
from shared.delivery.servers import kafka_away
from shared.settings import read_settings
from tests.delivery.test_servers import SomeSettings
from tests.web.certificates import Authority

PASSWORD, WRONG = "correct-horse", "canary-battery"
SECURED = """\
inter.broker.listener.name=SECURED
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.truststore.type=PEM
"""
MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"


class SecuredKafka(Kafka):
    """One node that speaks SASL_SSL to its clients."""

    def properties(self) -> str:
        clear = super().properties()
        moved = clear.replace("PLAINTEXT:PLAINTEXT", "SECURED:SASL_SSL").replace("PLAINTEXT://", "SECURED://")
        return moved + SECURED + "\n".join(self._own())

    def _own(self) -> Sequence[str]:
        jaas = f'{MODULE} required username="admin" password="{PASSWORD}";'
        return (
            f"listener.name.secured.scram-sha-512.sasl.jaas.config={jaas}",
            f"ssl.keystore.location={self.folder.parent / 'broker-all.pem'}",
            f"ssl.truststore.location={self.folder.parent / 'authority.pem'}",
        )

    def format_options(self) -> Sequence[str]:
        return (*super().format_options(), "--add-scram", f"SCRAM-SHA-512=[name=admin,password={PASSWORD}]")

    def wait(self) -> None:
        wait_for(self.process, lambda: self.process.listens_on(self.port))


@pytest.fixture(scope="module")
async def secured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecuredKafka]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder, "authority")
    pair = authority.sign("broker")
    chain = (pair.key, pair.certificate, authority.certificate)
    (folder / "broker-all.pem").write_bytes(b"".join(part.read_bytes() for part in chain))
    broker = SecuredKafka("kafka", folder, Ports(folder / "ports.json"), lambda _what: None)
    try:
        await asyncio.to_thread(broker.start)
        yield broker
    finally:
        await asyncio.to_thread(broker.stop)


def told(broker: SecuredKafka, authority: Path, password: str | None = PASSWORD, user: str = "admin") -> SomeSettings:
    """The settings of a service that knows this authority, user and password."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "KAFKA": broker.address,
            "MONGO": "mongodb://127.0.0.1:1",
            "ISSUER": "http://127.0.0.1:1",
            "AUTHID_SECRET": "s" * 32,
            "KAFKA_TLS": "true",
            "KAFKA_CA": str(authority),
            "KAFKA_USER": user if password else "",
            "KAFKA_PASSWORD": password or "",
        }.items():
            patch.setenv(f"RELAIS_{name}", value)
        return read_settings(SomeSettings)


async def test_a_broker_that_knows_us_is_not_away(secured: SecuredKafka) -> None:
    authority = secured.folder.parent / "authority.pem"
    async with asyncio.timeout(30):
        while await kafka_away(told(secured, authority)):  # noqa: ASYNC110 # it may not know its users yet
            await asyncio.sleep(0.2)


@pytest.mark.parametrize(("user", "password"), [("admin", WRONG), ("nobody", PASSWORD)])
async def test_a_wrong_user_or_password_is_refused_and_not_waited_for(
    secured: SecuredKafka, user: str, password: str
) -> None:
    with pytest.raises(ServerRefuses) as refused:
        await kafka_away(told(secured, secured.folder.parent / "authority.pem", password, user))
    assert str(refused.value).startswith(f"Kafka at {secured.address} refuses us (")
    assert "correct RELAIS_KAFKA_USER, RELAIS_KAFKA_PASSWORD" in str(refused.value)
    assert password not in str(refused.value)


async def test_a_broker_whose_authority_we_do_not_know_is_told_as_a_matter_of_tls(
    secured: SecuredKafka, tmp_path: Path
) -> None:
    [away] = await kafka_away(told(secured, Authority(tmp_path, "another").certificate))
    assert (away.server, away.reason) == (secured.address, "tls")
