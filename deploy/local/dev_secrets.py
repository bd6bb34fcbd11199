"""The secrets of a local stack, made by chance once and read by nobody but their owner. None is for real use."""

import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.holding import SETTINGS, files_held
from deploy.local.browser import new_key, pem_of
from shared.vault import new_master
from shared.vault.ring import write_new_keys


def some_text() -> bytes:
    """A secret from which ids are made."""
    return secrets.token_urlsafe(48).encode()


def signing_key() -> bytes:
    """An Ed25519 private key in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


FILES: Mapping[str, Callable[[], bytes]] = {
    "RELAIS_CASE_SECRET_FILE": some_text,
    "RELAIS_AUTHID_SECRET_FILE": some_text,
    "RELAIS_FINGERPRINT_SECRET_FILE": some_text,
    "RELAIS_LINK_SECRETS_FILE": some_text,
    "RELAIS_CODE_SECRETS_FILE": some_text,
    "RELAIS_SESSION_SECRETS_FILE": some_text,
    "RELAIS_PERSON_SECRET_FILE": some_text,
    "RELAIS_MASTER_CONTACT_FILE": new_master,
    "RELAIS_MASTER_FILE_FILE": new_master,
    "RELAIS_MASTER_SET_ASIDE_FILE": new_master,
    "RELAIS_MASTER_ACCESS_FILE": new_master,
    "RELAIS_SMS_KEY_FILE": some_text,
    "RELAIS_REPORT_SECRETS_FILE": some_text,
    "RELAIS_WEBHOOK_SECRETS_FILE": some_text,
    "RELAIS_VAPID_KEY_FILE": lambda: pem_of(new_key()),
    "RELAIS_AUDIT_SIGNING_KEY_FILE": signing_key,
}
"""Each setting that names a file, and what the file holds."""

FOLDERS: Mapping[str, Callable[[Path], None]] = {
    "RELAIS_KEYS": lambda folder: write_new_keys(folder, "first"),
}
"""Each setting that names a folder, and what fills it."""


def make_secrets(folder: Path) -> dict[str, str]:
    """The settings that name the secrets in this folder; those that are missing are made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    named = {name: folder / _file_name(name) for name in (*FILES, *FOLDERS)}
    for name, path in named.items():
        if not path.exists():
            _make(name, path)
    return {name: str(path) for name, path in named.items()}


def _make(name: str, path: Path) -> None:
    # Under another name first: a secret half written would be kept for ever.
    partial = path.with_suffix(".partial")
    if name in FOLDERS:
        FOLDERS[name](partial)
    else:
        partial.touch(mode=0o600)
        partial.write_bytes(FILES[name]())
    partial.rename(path)


def _file_name(setting: str) -> str:
    return setting.removeprefix("RELAIS_").removesuffix("_FILE").lower().replace("_", "-")


def hand_out(made: Mapping[str, str], folder: Path) -> None:
    """Copy to each service, into a folder of its name, the secrets that it holds, and no others."""
    for service in SETTINGS:
        for path in files_held(service, made):
            held = folder / service / path.name
            held.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copytree(path, held, dirs_exist_ok=True) if path.is_dir() else shutil.copy(path, held)


if __name__ == "__main__":
    hand_out(make_secrets(Path(sys.argv[1])), Path(sys.argv[2]))
