"""What a service of production refuses to be told: each setting of its sort is tried, of all four services."""

import os
from pathlib import Path
from secrets import token_urlsafe

import pytest

from deploy.holding import SETTINGS, fields_of
from deploy.local.dev_secrets import make_secrets
from shared.production import ADDRESSES, KNOWN, TRIAL, weakness
from shared.secret_settings import is_secret
from shared.settings import ServiceSettings, WrongSettings, read_settings

GUESSED = ("s" * 32, "changeme" * 8, "ab" * 20, "Passw0rd-of-the-house-in-the-street", "1234567890" * 4)
COMMON = {
    "RELAIS_KAFKA": "kafka.example:9093,kafka2.example:9093",
    "RELAIS_KAFKA_TLS": "true",
    "RELAIS_KAFKA_USER": "relais",
    "RELAIS_KAFKA_PASSWORD": token_urlsafe(24),
    "RELAIS_MONGO": f"mongodb://relais:{token_urlsafe(24)}@mongo.example/?replicaSet=rs0&tls=true",
    "RELAIS_ISSUER": "https://issuer.example",
    "RELAIS_HTTP_HOST": "0.0.0.0",  # noqa: S104
    "RELAIS_TLS_AT_PROXY": "true",
    "RELAIS_METRICS_HOST": "0.0.0.0",  # noqa: S104
    "RELAIS_METRICS_OPEN": "true",
    "RELAIS_SMTP": "mail.example:587",
    "RELAIS_SMTP_STARTTLS": "true",
    "RELAIS_SMTP_USER": "relais",
    "RELAIS_SMTP_PASSWORD": token_urlsafe(24),
    "RELAIS_LINK_BASE": "https://relais.example",
    "RELAIS_REPORT_BASE": "https://reports.example",
    "RELAIS_SMS_GATEWAY": "https://sms.example",
    "RELAIS_AUDIT_ORIGIN": "relais.example/log/2026",
}
ONE_BY_ONE = {
    "RELAIS_KAFKA_TLS": ("false", "RELAIS_KAFKA is beyond this machine, in clear"),
    "RELAIS_KAFKA_USER": ("", "RELAIS_KAFKA is beyond this machine, without a user"),
    "RELAIS_METRICS_OPEN": ("false", "RELAIS_METRICS_HOST opens"),
    "RELAIS_SMTP_STARTTLS": ("false", "RELAIS_SMTP is beyond this machine, in clear"),
    "RELAIS_SMTP_USER": ("", "RELAIS_SMTP is beyond this machine, without a user"),
    "RELAIS_HIDDEN_BELOW": ("4", "RELAIS_HIDDEN_BELOW"),
    "RELAIS_KEEP_DAYS": ("0", "RELAIS_KEEP_DAYS"),
    "RELAIS_LINK_BASE": ("http://relais.example", "RELAIS_LINK_BASE is an http:// address"),
    "RELAIS_REPORT_BASE": ("http://relais.example", "RELAIS_REPORT_BASE is an http:// address"),
    "RELAIS_SMS_GATEWAY": ("http://sms.example", "RELAIS_SMS_GATEWAY is an http:// address"),
    "RELAIS_SMS_ANYWHERE": ("true", "RELAIS_SMS_ANYWHERE is for trials only"),
    "RELAIS_WEBHOOK_ANYWHERE": ("true", "RELAIS_WEBHOOK_ANYWHERE is for trials only"),
    "RELAIS_PUSH_ANYWHERE": ("true", "RELAIS_PUSH_ANYWHERE is for trials only"),
}
"""Each setting that is no secret and can be unsafe, and what is said then."""
MONGO = {
    "mongodb://relais:x7Kq-0zRw_mLp@mongo.example/": "in clear",
    "mongodb://mongo.example/?tls=true": "without a user",
    "mongodb+srv://mongo.example/": "without a user",
    "mongodb+srv://relais:x7Kq-0zRw_mLp@mongo.example/?tls=false": "in clear",
    "mongodb://relais:changeme@127.0.0.1/": "short, repeated or known",
}
CASES = [
    (service, name, *wrong) for service in SETTINGS for name, wrong in ONE_BY_ONE.items() if name in fields_of(service)
]
SECRETS = [
    (service, name)
    for service in SETTINGS
    for name, field in fields_of(service).items()
    if is_secret(field.annotation) and name.removeprefix("RELAIS_").lower() not in ADDRESSES
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_secrets(tmp_path_factory.mktemp("secrets"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, made: dict[str, str]) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("RELAIS_")]:
        monkeypatch.delenv(name)
    for name, value in {**COMMON, **made}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def told(service: str) -> str:
    with pytest.raises(WrongSettings) as refused:
        read_settings(SETTINGS[service])
    return str(refused.value)


@pytest.mark.parametrize("service", SETTINGS)
def test_a_safe_house_starts(service: str) -> None:
    assert not read_settings(SETTINGS[service]).trial


@pytest.mark.parametrize(("service", "name", "value", "sentence"), CASES)
def test_each_unsafe_setting_stops_the_start_and_a_trial_permits_it(
    environment: pytest.MonkeyPatch, service: str, name: str, value: str, sentence: str
) -> None:
    environment.setenv(name, value)
    if name.endswith(("_USER", "TLS")):  # A password in clear is refused to everybody.
        for part in ("USER", "PASSWORD"):
            environment.delenv(f"{name.rpartition('_')[0]}_{part}")
    assert sentence in told(service)
    if name != "RELAIS_SMS_GATEWAY":  # Without RELAIS_SMS_ANYWHERE it is refused to everybody.
        assert told(service).endswith(TRIAL)
        environment.setenv("RELAIS_TRIAL", "true")
        assert read_settings(SETTINGS[service]).who()["trial"] == "true"


@pytest.mark.parametrize(("service", "name"), SECRETS)
def test_no_secret_can_be_guessed(environment: pytest.MonkeyPatch, service: str, name: str) -> None:
    environment.delenv(f"{name}_FILE", raising=False)
    for guess in GUESSED:
        environment.setenv(name, guess)
        said = told(service)
        assert f"{name} is repeated" in said or f"{name} is a known one" in said, guess
        assert guess not in said
    environment.setenv(name, "x7")
    assert f"{name} is " in told(service)


@pytest.mark.parametrize("address", MONGO)
def test_a_database_beyond_this_machine_is_reached_over_tls_by_a_user(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    environment.setenv("RELAIS_MONGO", address)
    assert MONGO[address] in told("audit") and "x7Kq" not in told("audit")


def test_one_secret_serves_one_purpose(environment: pytest.MonkeyPatch, made: dict[str, str]) -> None:
    environment.setenv("RELAIS_LINK_SECRETS_FILE", made["RELAIS_AUTHID_SECRET_FILE"])
    said = told("referral")
    assert said.startswith("RELAIS_AUTHID_SECRET and RELAIS_LINK_SECRETS are the same secret: make one for each")
    # As after an upgrade: what was, at the end of the list.
    links, before = (Path(made[name]).read_text() for name in ("RELAIS_LINK_SECRETS_FILE", "RELAIS_AUTHID_SECRET_FILE"))
    environment.delenv("RELAIS_LINK_SECRETS_FILE")
    environment.setenv("RELAIS_LINK_SECRETS", f"{links},{before}")
    assert not read_settings(SETTINGS["referral"]).trial


def test_all_faults_are_named_at_once_also_beside_what_is_missing(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("RELAIS_ISSUER")
    environment.setenv("RELAIS_HTTP_PORT", "much")
    environment.setenv("RELAIS_KAFKA_TLS", "false")
    environment.setenv("RELAIS_LINK_BASE", "http://relais.example")
    environment.setenv("RELAIS_WEBHOOK_ANYWHERE", "true")
    said = told("notification")
    for part in ("ISSUER is missing", "HTTP_PORT is not", "KAFKA is beyond", "LINK_BASE is an", "WEBHOOK_ANYWHERE is"):
        assert f"RELAIS_{part}" in said
    assert "\n" not in said


@pytest.mark.parametrize("service", SETTINGS)
def test_every_setting_of_a_sort_that_can_be_unsafe_is_tried(service: str) -> None:
    for name, field in fields_of(service).items():
        patterns = [each.pattern for each in field.metadata if getattr(each, "pattern", None)]
        in_clear = any(each.startswith("^https?:") for each in patterns)
        if in_clear or name.endswith(("_ANYWHERE", "_STARTTLS", "KAFKA_TLS", "_USER", "_OPEN")):
            assert name in ONE_BY_ONE, name


def test_what_chance_makes_is_no_guess() -> None:
    assert {weakness(token_urlsafe(24)) for _ in range(1000)} == {None}
    assert all(weakness(known * 4) for known in KNOWN)


def test_every_service_holds_the_rules_of_all(made: dict[str, str]) -> None:
    assert all(set(ServiceSettings.rules) <= set(each.rules) for each in SETTINGS.values())
