import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from faststream.kafka.security import parse_security
from pydantic import Field, SecretStr

from shared.secret_settings import Secret
from shared.settings import (
    Port,
    ServiceSettings,
    WrongSettings,
    read_settings,
    read_settings_or_exit,
    unread_variables,
)

CANARY = "canary-Zoé-value"
SECRET = "s" * 32
GOOD = {
    "RELAIS_KAFKA": "127.0.0.1:9092",
    "RELAIS_MONGO": "mongodb://relais:hidden@127.0.0.1:27017/?replicaSet=rs0&tlsCertificateKeyFilePassword=hidden",
    "RELAIS_ISSUER": "http://127.0.0.1:8090",
    "RELAIS_AUTHID_SECRET": SECRET,
}


class SampleSettings(ServiceSettings):
    service = "sample"
    http_port: Port = 8101
    metrics_port: Port = 9101
    case_secret: Secret | None = None
    deadline: int = Field(3600, description="a number of seconds")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("RELAIS_")]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RELAIS_TRIAL", "true")
    return monkeypatch


def refusal() -> str:
    with pytest.raises(WrongSettings) as refused:
        read_settings(SampleSettings)
    return str(refused.value)


def test_a_service_reads_its_settings_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RELAIS_DEADLINE", "60")
    settings = read_settings(SampleSettings)
    assert (settings.kafka, settings.http_host, settings.http_port, settings.deadline) == (
        ["127.0.0.1:9092"],
        "127.0.0.1",
        8101,
        60,
    )


def test_secrets_and_credentials_are_masked_wherever_settings_are_shown() -> None:
    settings = read_settings(SampleSettings)
    shown = settings.masked()
    assert shown["authid_secret"] == "********"
    assert shown["mongo"] == "mongodb://127.0.0.1:27017"
    for text in (str(shown), repr(settings), str(settings)):
        assert SECRET not in text
        assert "hidden" not in text


def test_a_secret_is_read_from_the_file_that_is_named_for_it(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("RELAIS_AUTHID_SECRET")
    (tmp_path / "secret").write_text("f" * 40 + "\n")
    environment.setenv("RELAIS_AUTHID_SECRET_FILE", str(tmp_path / "secret"))
    assert read_settings(SampleSettings).authid_secret == SecretStr("f" * 40)


def test_an_optional_secret_is_read_from_its_file_too(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("c" * 32)
    environment.setenv("RELAIS_CASE_SECRET_FILE", str(tmp_path / "secret"))
    assert read_settings(SampleSettings).case_secret == SecretStr("c" * 32)


def test_only_secrets_are_read_from_files(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "audience").write_text("somebody-else")
    environment.setenv("RELAIS_AUDIENCE_FILE", str(tmp_path / "audience"))
    assert read_settings(SampleSettings).audience == "relais"


def test_a_secret_given_twice_stops_the_start(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("RELAIS_AUTHID_SECRET_FILE", str(tmp_path))
    assert refusal() == "RELAIS_AUTHID_SECRET and RELAIS_AUTHID_SECRET_FILE are both set: keep one"


def test_a_secret_file_that_cannot_be_read_is_named_by_its_variable(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("RELAIS_AUTHID_SECRET")
    environment.setenv("RELAIS_AUTHID_SECRET_FILE", str(tmp_path / CANARY))
    said = refusal()
    assert said.startswith("RELAIS_AUTHID_SECRET_FILE names a file that cannot be read")
    assert CANARY not in said


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named_with_what_to_do(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    said = refusal()
    assert said.startswith(f"{name} is missing: set it")
    assert "\n" not in said


@pytest.mark.parametrize(
    "name",
    [
        "KAFKA",
        "MONGO",
        "NAMESPACE",
        "ISSUER",
        "AUTHID_SECRET",
        "HTTP_PORT",
        "LOG_LEVEL",
        "KAFKA_TLS",
        "DEADLINE",
        "INSTANCE",
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(f"RELAIS_{name}", CANARY)
    said = refusal()
    assert said.startswith(f"RELAIS_{name} is not understood: set it")
    assert CANARY not in said


@pytest.mark.parametrize(
    ("brokers", "parsed"),
    [
        ("kafka.example:9092", ["kafka.example:9092"]),
        ("a:1,b:2,c:3", ["a:1", "b:2", "c:3"]),
        ("a:1, b:2 ", ["a:1", "b:2"]),
        ("[::1]:9092,10.0.0.1:65535", ["[::1]:9092", "10.0.0.1:65535"]),
    ],
)
def test_several_brokers_are_read_as_that_many_addresses(
    environment: pytest.MonkeyPatch, brokers: str, parsed: list[str]
) -> None:
    environment.setenv("RELAIS_KAFKA", brokers)
    settings = read_settings(SampleSettings)
    assert settings.kafka == parsed
    assert settings.masked()["kafka"] == ",".join(parsed)


@pytest.mark.parametrize(
    ("brokers", "which"),
    [
        ("a", "address 1 of 1"),
        ("a:1,b,c:3", "address 2 of 3"),
        ("a:1,b:2,", "address 3 of 3"),
        ("a:1,b:0", "address 2 of 2"),
        ("a:1,b:65536", "address 2 of 2"),
        ("kafka://a:1", "address 1 of 1"),
        (f"user:{CANARY}@a:1,b:2", "address 1 of 2"),
        ("a:1;b:2", "address 1 of 1"),
        ("::1:9092", "address 1 of 1"),
    ],
)
def test_the_address_of_a_broker_that_is_wrong_is_told_by_its_place(
    environment: pytest.MonkeyPatch, brokers: str, which: str
) -> None:
    environment.setenv("RELAIS_KAFKA", brokers)
    description = "set it to Kafka's address, host:port[,host:port]"
    assert refusal() == f"RELAIS_KAFKA is not understood: {description} ({which} is not host:port)"


@pytest.mark.parametrize(
    "address",
    [
        "mongodb://127.0.0.1:27017/?replicaSet=rs0",
        f"mongodb://relais:{CANARY.encode().hex()}@a:1,b:2,c:3/?replicaSet=rs0&authSource=admin",
        "mongodb://[::1]:27017,b/",
        "mongodb+srv://mongo.example/",
    ],
)
def test_the_members_of_a_replica_set_are_one_address(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("RELAIS_MONGO", address)
    assert read_settings(SampleSettings).mongo.get_secret_value() == address


@pytest.mark.parametrize(
    "address",
    [
        *(f"mongodb://{CANARY}@a:1,b:x/", "mongodb://", "mongodb://a:1,/", "mongodb://a:70000", "mongodb://u:p@ss@a:1"),
        *("mongodb://a:1/?tls=true&tlsCAFile=/not/there", "mongodb+srv://"),
    ],
)
def test_a_replica_set_with_a_wrong_member_is_refused_without_its_credentials(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    environment.setenv("RELAIS_MONGO", address)
    said = refusal()
    assert said.startswith("RELAIS_MONGO is not understood: set it")
    assert CANARY not in said


def test_tokens_are_believed_from_no_issuer_that_speaks_in_clear(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RELAIS_ISSUER", "http://issuer.example")
    assert refusal().startswith("RELAIS_ISSUER is not understood")


def test_a_kafka_password_never_travels_in_clear(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RELAIS_KAFKA_USER", "intake")
    environment.setenv("RELAIS_KAFKA_PASSWORD", CANARY)
    assert refusal() == "RELAIS_KAFKA_PASSWORD would travel in clear: set RELAIS_KAFKA_TLS to true"


def test_an_authority_file_that_is_absent_stops_the_start(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("RELAIS_KAFKA_TLS", "true")
    environment.setenv("RELAIS_KAFKA_CA", str(tmp_path / "absent.pem"))
    assert refusal().startswith("RELAIS_KAFKA_CA or RELAIS_KAFKA_CERTIFICATE cannot be used")


def test_every_fault_is_told_at_once_in_one_line(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("RELAIS_KAFKA")
    environment.setenv("RELAIS_DEADLINE", "soon")
    assert refusal() == (
        "RELAIS_KAFKA is missing: set it to Kafka's address, host:port[,host:port]; "
        "RELAIS_DEADLINE is not understood: set it to a number of seconds"
    )


def test_a_wrong_setting_ends_the_program_with_one_sentence(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("RELAIS_KAFKA")
    with pytest.raises(SystemExit) as ended:
        read_settings_or_exit(SampleSettings, "relais sample")
    assert ended.value.code == os.EX_CONFIG
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "relais sample cannot start: RELAIS_KAFKA is missing: set it to Kafka's address, host:port[,host:port].\n"
    )


def test_a_variable_that_nobody_reads_is_noticed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RELAIS_LOG_LEVLE", "DEBUG")
    environment.setenv("RELAIS_CASE_SECRET_FILE", "/run/secrets/case")
    assert unread_variables(SampleSettings) == ["RELAIS_LOG_LEVLE"]


def test_every_setting_says_what_it_should_be() -> None:
    assert [name for name, field in ServiceSettings.model_fields.items() if not field.description] == []


def an_authority(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder / "ca.pem"


def test_a_local_broker_is_reached_in_clear() -> None:
    assert read_settings(SampleSettings).kafka_security() is None


def test_a_broker_s_certificate_is_checked_and_the_password_goes_over_tls(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("RELAIS_KAFKA_TLS", "true")
    environment.setenv("RELAIS_KAFKA_CA", str(an_authority(tmp_path)))
    environment.setenv("RELAIS_KAFKA_USER", "intake")
    environment.setenv("RELAIS_KAFKA_PASSWORD", CANARY)
    settings = read_settings(SampleSettings)
    options = parse_security(settings.kafka_security())
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("intake", CANARY)
    assert options["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname
    assert CANARY not in str(settings.masked())


@pytest.mark.parametrize("address", ["https://otel.example", "https://otel.example:4318/", "http://127.0.0.1:4318"])
def test_spans_may_go_to_a_receiver_over_tls_or_on_this_machine(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("RELAIS_OTLP_ENDPOINT", address)
    assert read_settings(SampleSettings).otlp_address() == address


@pytest.mark.parametrize(
    "address",
    ["http://otel.example:4318", f"https://{CANARY}:x@otel.example", f"{CANARY}:4318", f"https://x/?key={CANARY}"],
)
def test_a_receiver_in_clear_or_with_credentials_is_refused_and_not_repeated(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    environment.setenv("RELAIS_OTLP_ENDPOINT", address)
    said = refusal()
    assert said.startswith("RELAIS_OTLP_ENDPOINT is not understood: set it")
    assert CANARY not in said and "otel.example" not in said


def test_the_address_of_a_receiver_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RELAIS_OTLP_ENDPOINT", "https://otel.example/a-token")
    assert read_settings(SampleSettings).masked()["otlp_endpoint"] == "********"


def test_a_folder_is_no_file_for_spans(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "not-there" / "spans.jsonl"):
        environment.setenv("RELAIS_TRACE_FILE", str(wrong))
        assert refusal().startswith("RELAIS_TRACE_FILE cannot be written")
    environment.setenv("RELAIS_TRACE_FILE", str(tmp_path / "spans.jsonl"))
    assert read_settings(SampleSettings).trace_file
