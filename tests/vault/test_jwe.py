import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey
from joserfc.util import urlsafe_b64decode

from shared.vault.jwe import (
    ALG,
    ENC,
    LARGEST_COMPACT,
    LARGEST_CONTENT,
    JweBroken,
    JweMalformed,
    JweNotAllowed,
    JweTooLarge,
    JweUnknownKey,
    NoPublishedKey,
    UnreadableJwe,
    open_jwe,
    seal_for_intake,
)
from shared.vault.ring import Ring, write_new_keys

ANYTHING = jwe.JWERegistry(algorithms=[ALG, ENC, "ECDH-ES", "A128GCM", "A256KW", "dir", "DEF"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_new_keys(folder, "2026-10")
    return folder


@pytest.fixture(scope="module")
def ring(folder: Path) -> Ring:
    return Ring.read(folder)


@pytest.fixture(scope="module")
def compact(ring: Ring) -> str:
    return seal_for_intake(ring.public(), b'{"note": "Jeanne"}')


def sealed_with(ring: Ring, header: dict[str, Any], content: bytes = b"{}") -> str:
    [(kid, key)] = ring.encryption.items()
    return jwe.encrypt_compact({"alg": ALG, "enc": ENC, "kid": kid, **header}, content, key, registry=ANYTHING)


def with_header(compact: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    header, *rest = compact.split(".")
    changed = json.dumps(change(json.loads(urlsafe_b64decode(header.encode())))).encode()
    return ".".join([urlsafe_b64encode(changed).decode().rstrip("="), *rest])


@given(content=st.binary(max_size=4000))
def test_intake_opens_whatever_a_station_sealed(ring: Ring, content: bytes) -> None:
    assert open_jwe(seal_for_intake(ring.public(), content), ring) == content


def test_a_station_never_seals_the_same_way_twice(ring: Ring) -> None:
    assert seal_for_intake(ring.public(), b"{}") != seal_for_intake(ring.public(), b"{}")


def test_the_largest_report_opens_and_one_byte_more_does_not(ring: Ring) -> None:
    assert len(open_jwe(seal_for_intake(ring.public(), bytes(LARGEST_CONTENT)), ring)) == LARGEST_CONTENT
    with pytest.raises(JweTooLarge):
        open_jwe(seal_for_intake(ring.public(), bytes(LARGEST_CONTENT + 1)), ring)


def test_a_megabyte_of_nothing_is_refused_unread(ring: Ring) -> None:
    with pytest.raises(JweTooLarge):
        open_jwe("A" * (LARGEST_COMPACT + 1), ring)


def test_after_a_rotation_stations_use_the_new_key_and_the_old_still_opens(tmp_path: Path) -> None:
    write_new_keys(tmp_path, "2026-10")
    before = seal_for_intake(Ring.read(tmp_path).public(), b"before")
    write_new_keys(tmp_path, "2026-11")
    rotated = Ring.read(tmp_path)
    after = seal_for_intake(rotated.public(), b"after")
    assert [open_jwe(each, rotated) for each in (before, after)] == [b"before", b"after"]
    (tmp_path / "2026-10-enc.json").unlink()
    assert open_jwe(after, Ring.read(tmp_path)) == b"after"
    with pytest.raises(JweUnknownKey):
        open_jwe(before, Ring.read(tmp_path))


def test_another_key_under_a_known_kid_does_not_open(ring: Ring) -> None:
    key = ECKey.generate_key("P-256")
    stranger = jwe.encrypt_compact({"alg": ALG, "enc": ENC, "kid": next(iter(ring.encryption))}, b"{}", key, [ALG, ENC])
    with pytest.raises(JweBroken):
        open_jwe(stranger, ring)


@pytest.mark.parametrize("header", [{"alg": "ECDH-ES"}, {"enc": "A128GCM"}, {"zip": "DEF"}])
def test_a_jwe_that_would_open_but_is_not_allowed_is_refused(ring: Ring, header: dict[str, Any]) -> None:
    with pytest.raises(JweNotAllowed):
        open_jwe(sealed_with(ring, header, bytes(100_000)), ring)


@pytest.mark.parametrize("alg", ["dir", "A256KW"])
def test_a_shared_secret_is_no_way_in(ring: Ring, alg: str) -> None:
    header = {"alg": alg, "enc": ENC, "kid": next(iter(ring.encryption))}
    with pytest.raises(JweNotAllowed):
        open_jwe(jwe.encrypt_compact(header, b"{}", OctKey.generate_key(256), registry=ANYTHING), ring)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": None},
        {"kid": None},
        {"kid": 5},
        {"epk": None},
        {"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}},
        {"epk": {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}},
        {"jku": "https://example.org/keys"},
        {"crit": ["exp"], "exp": 1},
        {"p2c": 1_000_000_000},
    ],
)
def test_a_header_that_asks_for_anything_else_is_refused(ring: Ring, compact: str, change: dict[str, Any]) -> None:
    with pytest.raises(JweNotAllowed):
        open_jwe(with_header(compact, lambda header: header | change), ring)


def test_a_header_of_seven_hundred_lists_is_refused(ring: Ring, compact: str) -> None:
    with pytest.raises(JweNotAllowed):
        open_jwe(
            ".".join([urlsafe_b64encode(b"[" * 700 + b"]" * 700).decode().rstrip("="), *compact.split(".")[1:]]), ring
        )


def test_a_point_off_the_curve_opens_nothing(ring: Ring, compact: str) -> None:
    off = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}
    with pytest.raises(JweBroken):
        open_jwe(with_header(compact, lambda header: header | {"epk": off}), ring)


@pytest.mark.parametrize("text", ["", "....", "a.b.c", "é.é.é.é.é", "e30", "{}", "e30.e30.e30.e30.e30.e30"])
def test_what_is_not_a_compact_jwe_is_malformed(ring: Ring, text: str) -> None:
    with pytest.raises(JweMalformed):
        open_jwe(text, ring)


@pytest.mark.parametrize("spoil", ["{}=", "{}\n", " {}", "+{}"])
def test_base64_in_any_second_form_is_malformed(ring: Ring, compact: str, spoil: str) -> None:
    for part in range(5):
        parts = compact.split(".")
        parts[part] = spoil.format(parts[part])
        with pytest.raises(JweMalformed):
            open_jwe(".".join(parts), ring)


def test_a_changed_character_never_opens(ring: Ring, compact: str) -> None:
    for n, character in enumerate(compact):
        with pytest.raises(UnreadableJwe):
            open_jwe(compact[:n] + ("A" if character != "A" else "B") + compact[n + 1 :], ring)


@given(text=st.text(alphabet="eyJ0.AQgw-_ \u00e9", max_size=200))
def test_no_text_breaks_the_door(ring: Ring, text: str) -> None:
    with pytest.raises(UnreadableJwe):
        open_jwe(text, ring)


def test_a_refusal_says_nothing_of_what_it_refused(ring: Ring, compact: str) -> None:
    with pytest.raises(JweNotAllowed) as refusal:
        open_jwe(with_header(compact, lambda header: header | {"Jeanne": "Jeanne"}), ring)
    assert str(refusal.value) == JweNotAllowed.__doc__
    assert refusal.value.__cause__ is None


def test_a_set_without_encryption_key_seals_nothing(ring: Ring) -> None:
    with pytest.raises(NoPublishedKey):
        seal_for_intake({"keys": [key for key in ring.public()["keys"] if key["use"] == "sig"]}, b"{}")
