import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey

from shared.vault.ring import Ring, UnusableKey, write_new_keys
from shared.vault.sign import BadSignature, sign, verify


def with_members(path: Path, **members: str | None) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_new_keys(tmp_path, "2026-10")
    return tmp_path


def test_the_published_set_holds_no_private_part(folder: Path) -> None:
    public = Ring.read(folder).public()["keys"]
    assert [key["use"] for key in public] == ["enc", "sig"]
    assert all("d" not in key and key["kid"] for key in public)


def test_new_keys_are_for_their_owners_eyes_only(folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_new_keys_never_overwrite_older_ones(folder: Path) -> None:
    with pytest.raises(FileExistsError):
        write_new_keys(folder, "2026-10")


def test_a_receipt_of_an_old_key_is_still_checked_after_it_was_destroyed(folder: Path) -> None:
    receipt = sign(b"receipt", Ring.read(folder))
    old = folder / "2026-10-sig.json"
    old.write_text(json.dumps(OKPKey.import_key(json.loads(old.read_text())).as_dict(private=False)))
    write_new_keys(folder, "2026-11")
    ring = Ring.read(folder)
    assert [key["use"] for key in ring.public()["keys"]] == ["enc", "sig", "sig"]
    assert verify(receipt, ring.public()) == b"receipt"
    assert sign(b"receipt", ring) != receipt


def test_the_newest_key_signs_and_the_older_receipts_still_hold(folder: Path) -> None:
    old = Ring.read(folder)
    receipt = sign(b"receipt", old)
    write_new_keys(folder, "2026-11")
    rotated = Ring.read(folder)
    assert rotated.signing.kid != old.signing.kid
    assert [verify(each, rotated.public()) for each in (receipt, sign(b"new", rotated))] == [b"receipt", b"new"]


def test_the_same_receipt_has_the_same_signature(folder: Path) -> None:
    ring = Ring.read(folder)
    assert sign(b"receipt", ring) == sign(b"receipt", ring)


def test_a_receipt_names_its_algorithm_as_rfc_9864_does(folder: Path) -> None:
    ring = Ring.read(folder)
    header = sign(b"receipt", ring).split(".")[0]
    assert json.loads(urlsafe_b64decode(header + "==")) == {"alg": "Ed25519", "kid": ring.signing.kid}


def test_a_changed_or_strangers_receipt_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    ring, elsewhere = Ring.read(folder), tmp_path_factory.mktemp("elsewhere")
    write_new_keys(elsewhere, "2026-10")
    header, payload, signature = sign(b"receipt", ring).split(".")
    for wrong in (f"{header}.eA.{signature}", f"eyJhbGciOiJub25lIn0.{payload}.", "nothing", ""):
        with pytest.raises(BadSignature):
            verify(wrong, ring.public())
    with pytest.raises(BadSignature):
        verify(sign(b"receipt", Ring.read(elsewhere)), ring.public())


@pytest.mark.parametrize("members", [{"use": "sig"}, {"kty": "RSA"}, {"crv": "P-384"}, {"kid": ""}, {"x": "AA"}])
def test_a_key_file_of_another_kind_is_named(folder: Path, members: dict[str, str]) -> None:
    with_members(folder / "2026-10-enc.json", **members)
    with pytest.raises(UnusableKey, match=r"2026-10-enc\.json is not a JWK"):
        Ring.read(folder)


def test_a_key_file_that_is_not_json_is_named_and_not_shown(folder: Path) -> None:
    (folder / "2026-10-enc.json").write_text("secret")
    with pytest.raises(UnusableKey, match=r"2026-10-enc\.json is not a JWK") as refusal:
        Ring.read(folder)
    assert "secret" not in str(refusal.value)


def test_a_public_encryption_key_is_of_no_use_to_intake(folder: Path) -> None:
    path = folder / "2026-10-enc.json"
    path.write_text(json.dumps(ECKey.import_key(json.loads(path.read_text())).as_dict(private=False)))
    with pytest.raises(UnusableKey):
        Ring.read(folder)


def test_two_keys_with_one_kid_are_refused(folder: Path) -> None:
    (folder / "again.json").write_text((folder / "2026-10-sig.json").read_text())
    with pytest.raises(UnusableKey, match="same kid"):
        Ring.read(folder)


def test_an_empty_folder_is_no_ring(tmp_path: Path) -> None:
    with pytest.raises(UnusableKey, match="at least one"):
        Ring.read(tmp_path)
