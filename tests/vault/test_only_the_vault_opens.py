import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CIPHERS = (
    "pymongocrypt",
    "pymongo.encryption",
    "pymongo.asynchronous.encryption",
    "joserfc.jwe",
    "cryptography.fernet",
    "cryptography.hazmat.primitives.ciphers",
)


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def ciphers(source: str) -> set[str]:
    return {name for name in imported(source) if name.startswith(CIPHERS)}


def modules(*folders: str) -> Iterable[Path]:
    return (path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_only_the_vault_can_decrypt_anything() -> None:
    openers = {
        path.relative_to(ROOT).parts[:2] for path in modules("shared", "services", "cli") if ciphers(path.read_text())
    }
    assert openers == {("shared", "vault")}


@pytest.mark.parametrize(
    "line",
    [
        "from pymongo.asynchronous.encryption import AsyncClientEncryption",
        "import pymongocrypt",
        "from joserfc import jwe",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
    ],
)
def test_a_decryption_elsewhere_would_be_noticed(line: str) -> None:
    assert ciphers(line)
