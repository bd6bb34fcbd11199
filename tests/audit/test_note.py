"""Signed notes, checkpoints and proof files: the examples of their specifications, and every change refused."""

from dataclasses import replace

import metamorphic_log
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.checkpoint import Checkpoint, MalformedCheckpoint, read_checkpoint
from services.audit.domain.exact64 import decoded, encoded
from services.audit.domain.merkle import Frontier, inclusion_proof
from services.audit.domain.note import (
    KeyInMemory,
    MalformedKey,
    MalformedNote,
    NoteRefused,
    Signer,
    open_note,
    read_vkey,
)
from services.audit.domain.proof import MalformedProof, Proof, read_proof
from tests.audit.builders import ORIGIN, a_signer, flipped, nodes_of, some_leaf_hashes

# The example of C2SP's signed-note specification.
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of Go's golang.org/x/mod/sumdb/note.
NEUMANN_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NEUMANN_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"


def a_checkpoint(size: int = 5) -> Checkpoint:
    return Checkpoint(ORIGIN, size, Frontier().grown(some_leaf_hashes(size)).root)


def test_the_key_of_go_signs_the_example_byte_for_byte() -> None:
    signer = Signer("PeterNeumann", KeyInMemory(Ed25519PrivateKey.from_private_bytes(decoded(NEUMANN_SEED)[1:])))
    assert signer.verifier.vkey == NEUMANN_VKEY
    assert signer.sign(NEUMANN_TEXT) == f"{NEUMANN_TEXT}\n{NEUMANN_LINE}"


def test_the_examples_of_both_specifications_open() -> None:
    assert open_note(SPEC_NOTE, [read_vkey(SPEC_VKEY)]) == "This is an example message.\n"
    both = [read_vkey(NEUMANN_VKEY), read_vkey(ENOCH_VKEY)]
    assert open_note(f"{NEUMANN_TEXT}\n{NEUMANN_LINE}{ENOCH_LINE}", both) == NEUMANN_TEXT


def test_a_second_signature_of_a_stranger_is_passed_over() -> None:
    assert open_note(f"{NEUMANN_TEXT}\n{NEUMANN_LINE}{ENOCH_LINE}", [read_vkey(NEUMANN_VKEY)]) == NEUMANN_TEXT


def test_a_note_signed_by_strangers_only_is_refused() -> None:
    with pytest.raises(NoteRefused):
        open_note(SPEC_NOTE, [read_vkey(NEUMANN_VKEY)])


def test_a_trusted_keys_wrong_signature_spoils_the_note() -> None:
    stolen = a_signer("EnochRoot").sign(NEUMANN_TEXT).rpartition("\n\n")[2]
    forged = stolen.replace(stolen.split(" ")[2], encoded(bytes.fromhex("af0cfe78") + b"\x00" * 64) + "\n")
    with pytest.raises(NoteRefused):
        open_note(f"{NEUMANN_TEXT}\n{NEUMANN_LINE}{forged}", [read_vkey(NEUMANN_VKEY), read_vkey(ENOCH_VKEY)])


@given(st.integers(0, 10_000))
def test_one_flipped_bit_anywhere_spoils_a_note(bit: int) -> None:
    signer = a_signer()
    note = flipped(signer.sign(a_checkpoint().text).encode(), bit)
    with pytest.raises((NoteRefused, MalformedNote, UnicodeDecodeError)):
        open_note(note.decode(), [signer.verifier])


@given(st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=0x20) | st.just("\n"), max_size=60))
def test_any_text_of_whole_lines_signs_and_opens(text: str) -> None:
    signer = a_signer()
    assert open_note(signer.sign(f"{text}\n"), [signer.verifier]) == f"{text}\n"


@pytest.mark.parametrize("text", ["", "no newline", "a tab\t\n", "a return\r\n", "a null\x00\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        a_signer().sign(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAAAAAB==\n",
        "text\n\n— name AAAAAAAA",
        "text\n\n\n",
    ],
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(MalformedNote):
        open_note(note, [read_vkey(SPEC_VKEY)])


@given(st.integers(0, len(NEUMANN_VKEY) * 8 - 1))
def test_a_mangled_verifier_key_is_refused(bit: int) -> None:
    with pytest.raises((MalformedKey, UnicodeDecodeError)):
        read_vkey(flipped(NEUMANN_VKEY.encode(), bit).decode())


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        NEUMANN_VKEY[:-4],
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedKey):
        read_vkey(vkey)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb", "a\u00a0b", "a\tb"])
def test_a_key_name_that_no_line_can_bear_is_refused(name: str) -> None:
    with pytest.raises(MalformedKey):
        a_signer(name).sign("text\n")


def test_another_engine_verifies_our_checkpoint_and_a_line_in_it() -> None:
    signer, checkpoint, hashes = a_signer(), a_checkpoint(5), some_leaf_hashes(5)
    note = signer.sign(checkpoint.text)
    head = metamorphic_log.checkpoint_verify(note, [signer.verifier.vkey])
    assert (head.origin, head.size, head.root) == (ORIGIN, 5, checkpoint.root)
    proof = inclusion_proof(nodes_of(hashes), 3, 5)
    metamorphic_log.checkpoint_verify_inclusion(note, [signer.verifier.vkey], 3, hashes[3], proof)


def test_a_checkpoint_reads_back_as_what_was_signed() -> None:
    signer, checkpoint = a_signer(), a_checkpoint()
    assert read_checkpoint(open_note(signer.sign(checkpoint.text), [signer.verifier])) == checkpoint
    assert read_checkpoint(f"{checkpoint.text}an extension\n") == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n5\n",
        "o\n05\nroot\n",
        "o\n-5\nroot\n",
        "\n5\nroot\n",
        "o\n5\nAAAA\n",
        "o\n5\nroot",
        "o\n5\nroot\n\n",
        "o\n٥\nroot\n",
        "o\n5\nB" + "A" * 42 + "=\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    good = encoded(b"\x00" * 32)
    with pytest.raises(MalformedCheckpoint):
        read_checkpoint(text.replace("root", good))


@given(st.binary(max_size=20), st.integers(0, 2**50), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_proof_file_reads_back_as_what_was_written(extra: bytes, index: int, hashes: list[bytes]) -> None:
    proof = Proof(index, tuple(hashes), a_signer().sign(a_checkpoint().text), extra)
    assert read_proof(proof.text) == proof


def test_a_proof_file_has_the_lines_that_its_format_names() -> None:
    proof = Proof(7, (b"\x00" * 32,), "checkpoint\n", b"note")
    root = encoded(b"\x00" * 32)
    assert proof.text == f"c2sp.org/tlog-proof@v1\nextra bm90ZQ==\nindex 7\n{root}\n\ncheckpoint\n"
    assert replace(proof, extra=b"").text.splitlines()[1] == "index 7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 7\n",
        "c2sp.org/tlog-proof@v2\nindex 7\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 07\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 7\nAAAA\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 7\nextra AAAA\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 7\n!\n\nnote\n",
    ],
)
def test_what_is_no_proof_file_is_refused(text: str) -> None:
    with pytest.raises(MalformedProof):
        read_proof(text)


class InAModule:
    """A key that never leaves where it is: all that is known of it is what it answers."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.asked: list[bytes] = []

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        self.asked.append(message)
        return self._key.sign(message)


def test_a_key_in_a_hardware_module_signs_like_any_other() -> None:
    module = InAModule()
    signer = Signer("log.example/audit/2026", module)
    note = signer.sign("log.example/audit/2026\n0\nroot\n")
    assert open_note(note, [signer.verifier]) == "log.example/audit/2026\n0\nroot\n"
    assert module.asked == [b"log.example/audit/2026\n0\nroot\n"]
