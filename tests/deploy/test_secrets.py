"""Each purpose has its own secret, and whoever needs none of it holds none of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from deploy.documents import secrets, settings
from deploy.holding import SETTINGS, fields_of, held_by
from deploy.local.dev_secrets import hand_out, make_secrets
from services.notification.reporting import Reports
from services.notification.webhooks import secret_of
from shared.contracts.documents import ROOT
from shared.secret_settings import is_secret, rotation_of
from shared.settings import ServerSettings
from shared.vault.links import Codes, Link, Links, NoSuchLink, Sessions

LINK = Link(UUID(int=1), UUID(int=2), 1)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BELIEVED = ("link-secrets", "code-secrets", "session-secrets", "report-secrets", "webhook-secrets")
"""Whoever holds one of these is believed by referral, by notification or by a partner's software."""


@pytest.mark.parametrize("outsider", ["intake", "audit"])
def test_audit_and_intake_forge_nothing_that_referral_or_notification_believes(tmp_path: Path, outsider: str) -> None:
    hand_out(make_secrets(tmp_path / "secrets"), tmp_path)
    link, code, session, report, webhook = (one_of(tmp_path, name) for name in BELIEVED)
    links, codes, sessions, reports = Links([link]), Codes([code]), Sessions([session]), Reports([report], "https://r")
    stolen = list(everything(tmp_path / outsider))
    for each in stolen:
        with pytest.raises(NoSuchLink):
            links.read(Links([each]).token(LINK))
        with pytest.raises(NoSuchLink):
            sessions.read(Sessions([each]).session(LINK, NOW), NOW)
        assert not codes.is_code(Codes([each]).code(LINK.referral_id, 1), LINK.referral_id, 1)
        assert not reports.is_token(LINK.referral_id, Reports([each]).token(LINK.referral_id))
        assert secret_of(each.decode(errors="replace"), "partner") != secret_of(webhook.decode(), "partner")
    assert len(stolen) >= 3
    # Who does hold them is believed.
    assert links.read(Links([link]).token(LINK)) == LINK
    assert {link, code, session} <= set(everything(tmp_path / "referral"))


def test_notification_writes_links_and_codes_and_cannot_say_that_a_code_was_given(tmp_path: Path) -> None:
    hand_out(make_secrets(tmp_path / "secrets"), tmp_path)
    assert one_of(tmp_path, "session-secrets") not in set(everything(tmp_path / "notification"))


def test_who_answers_as_a_partner_holds_secrets_that_all_others_lack() -> None:
    every = {name for service in SETTINGS for name in held_by(service)}
    holders = {name: [each for each in SETTINGS if name in held_by(each)] for name in every}
    assert holders["RELAIS_LINK_SECRETS"] == holders["RELAIS_CODE_SECRETS"] == ["referral", "notification"]
    assert holders["RELAIS_SESSION_SECRETS"] == ["referral"]
    everywhere = {name for name, services in holders.items() if len(services) == len(SETTINGS)}
    servers = {f"RELAIS_{member.upper()}" for member in ServerSettings.model_fields}
    assert everywhere - servers == {"RELAIS_AUTHID_SECRET", "RELAIS_OTLP_ENDPOINT", "RELAIS_TLS_KEY"}


@pytest.mark.parametrize("service", SETTINGS)
def test_every_secret_says_how_it_is_changed_and_every_setting_what_it_means(service: str) -> None:
    for name, field in fields_of(service).items():
        assert field.description, name
        assert not is_secret(field.annotation) or rotation_of(field), name


@pytest.mark.parametrize("service", SETTINGS)
def test_every_setting_stands_in_the_page_of_settings(service: str) -> None:
    page = settings()
    assert all(f"| `{name}` |" in page for name in fields_of(service))
    assert all(f"| `{name}` |" in secrets() for name in held_by(service))


def test_what_all_hold_is_for_opaque_ids_alone() -> None:
    used = [
        str(path.relative_to(ROOT))
        for folder in ("shared", "services", "cli")
        for path in (ROOT / folder).rglob("*.py")
        if "authid_secret" in path.read_text("utf-8")
    ]
    assert sorted(used) == ["shared/settings.py", "shared/web/answering.py"]


def one_of(folder: Path, name: str) -> bytes:
    return (folder / "secrets" / name).read_bytes().strip()


def everything(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().strip()


def test_what_commands_read_from_the_environment_stands_there_too() -> None:
    assert "| `RELAIS_TOKEN` |" in settings() and "| `RELAIS_URL` |" in settings()
