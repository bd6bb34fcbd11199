"""Each verdict of relais-verify, and by what it is brought about."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relais_verify import verdicts as v
from relais_verify.tree import sparse_root
from relais_verify.verdicts import Refused

from services.audit.domain.exact64 import encoded
from services.audit.domain.merkle import Frontier, consistency_proof, leaf_hash
from services.audit.domain.subtrees import subtrees_between
from tests.audit.builders import a_signer, flipped, nodes_of, some_leaf_hashes
from tests.audit.witness import Elsewhere
from tests.verify.builders import (
    CASE,
    changed_in,
    export,
    mirror,
    proof_file,
    signed,
    some_leaves,
    verified,
    write,
    zipped,
)

LEAVES = some_leaves(600)
OF_CASE = list(range(0, 600, 3))
Told = pytest.CaptureFixture[str]


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 600])
def test_a_whole_log_holds(tmp_path: Path, count: int, capsys: Told) -> None:
    assert verified(mirror(tmp_path, LEAVES[:count])) == v.HOLDS.status
    said = capsys.readouterr().out
    assert f"{count} lines" in said and v.HOLDS.fr in said and v.HOLDS.en in said


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/88"])
def test_a_changed_file_of_a_log_is_found(tmp_path: Path, path: str) -> None:
    file = mirror(tmp_path, LEAVES) / path
    file.write_bytes(flipped(file.read_bytes(), 77))
    assert verified(tmp_path) in (v.CHANGED.status, v.INCOMPLETE.status)


def test_lines_and_tiles_changed_together_are_found(tmp_path: Path) -> None:
    other = [*LEAVES[:9], b"{}", *LEAVES[10:]]
    assert verified(mirror(tmp_path, other, note=signed(LEAVES))) == v.CHANGED.status


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    (mirror(tmp_path, LEAVES) / "tile/entries/001").unlink()
    assert verified(tmp_path) == v.INCOMPLETE.status


def test_another_key_is_found(tmp_path: Path) -> None:
    assert verified(mirror(tmp_path, LEAVES), key=a_signer(seed=2).verifier.vkey) == v.NOT_SIGNED.status


def test_what_a_witness_must_have_signed_and_has_not_is_found(tmp_path: Path) -> None:
    witness = Elsewhere()
    asked = "--witness", witness.verifier.vkey
    note = signed(LEAVES)
    cosigned = note + witness.signed(note)
    assert verified(mirror(tmp_path / "cosigned", LEAVES, note=cosigned), *asked) == v.HOLDS.status
    assert verified(mirror(tmp_path / "alone", LEAVES, note=note), *asked) == v.NOT_SIGNED.status
    for_another = note + witness.signed(signed(LEAVES[:300]))
    assert verified(mirror(tmp_path / "another", LEAVES, note=for_another), *asked) == v.NOT_SIGNED.status
    assert verified(tmp_path / "another") == v.HOLDS.status
    as_a_log = verified(tmp_path / "cosigned", "--witness", a_signer().verifier.vkey)
    assert as_a_log == v.UNREADABLE.status


def test_a_size_changed_in_the_checkpoint_is_found(tmp_path: Path) -> None:
    note = signed(LEAVES).replace("\n600\n", "\n599\n")
    assert verified(mirror(tmp_path, LEAVES[:599], note=note)) == v.NOT_SIGNED.status


def test_an_older_state_put_back_is_found_by_whoever_remembers(tmp_path: Path) -> None:
    seen = str(tmp_path / "seen")
    assert verified(mirror(tmp_path / "new", LEAVES), "--remember", seen) == v.HOLDS.status
    old = mirror(tmp_path / "old", LEAVES[:300])
    assert (verified(old), verified(old, "--remember", seen)) == (v.HOLDS.status, v.ROLLED_BACK.status)


@pytest.mark.parametrize("size", [300, 600, 900])
def test_another_past_signed_with_the_stolen_key_is_found(tmp_path: Path, size: int) -> None:
    seen = str(tmp_path / "seen")
    verified(mirror(tmp_path / "one", LEAVES[:300]), "--remember", seen)
    other = mirror(tmp_path / "other", some_leaves(size, past="never-"))
    assert (verified(other), verified(other, "--remember", seen)) == (v.HOLDS.status, v.FORKED.status)


def test_a_log_that_only_grew_holds(tmp_path: Path) -> None:
    seen = str(tmp_path / "seen")
    for size in (1, 300, 300, 600):
        assert verified(mirror(tmp_path / str(size), LEAVES[:size]), "--remember", seen) == v.HOLDS.status


@pytest.mark.parametrize("index", [0, 255, 599])
def test_a_proof_holds_for_its_line_only(tmp_path: Path, index: int) -> None:
    proof = write(tmp_path / "a.tlog-proof", proof_file(LEAVES, index).encode())
    line, other = write(tmp_path / "line", LEAVES[index]), write(tmp_path / "other", LEAVES[index] + b" ")
    assert verified(proof, "--line", str(line)) == v.HOLDS.status
    assert verified(proof, "--line", str(other)) == v.CHANGED.status


@pytest.mark.parametrize(
    ("indexes", "asked"),
    [
        (OF_CASE, {"case": CASE}),
        (list(range(600)), {}),
        (list(range(100, 300)), {"from_index": 100, "to_index": 300}),
        ([599], {"type": "case.closed.v1"}),
        ([], {"operation": "erasure"}),
    ],
)
def test_a_bundle_holds(tmp_path: Path, indexes: list[int], asked: dict[str, object]) -> None:
    assert verified(write(tmp_path / "a.zip", export(LEAVES, indexes, asked))) == v.HOLDS.status


@pytest.mark.parametrize(
    ("indexes", "asked"),
    [
        ([each for each in OF_CASE if each != 30], {"case": CASE}),
        ([*range(100, 200), *range(201, 300)], {"from_index": 100, "to_index": 300}),
        (list(range(1, 600)), {}),
    ],
)
def test_a_bundle_that_leaves_a_line_out_is_found(tmp_path: Path, indexes: list[int], asked: dict[str, object]) -> None:
    assert verified(write(tmp_path / "a.zip", export(LEAVES, indexes, asked))) == v.INCOMPLETE.status


def without_last(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[:-1])


def flip(text: bytes) -> bytes:
    return flipped(text, 40)


@pytest.mark.parametrize("name", ["entries.jsonl", "nodes.jsonl", "checkpoint", "manifest.json"])
@pytest.mark.parametrize("change", [flip, without_last])
def test_a_bundle_changed_on_the_way_is_found(tmp_path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    archive = changed_in(export(LEAVES, OF_CASE, {"case": CASE}), name, change)
    assert verified(write(tmp_path / "a.zip", archive)) == v.CHANGED.status


def test_a_bundle_signed_by_somebody_else_is_found(tmp_path: Path) -> None:
    archive = export(LEAVES, OF_CASE, {"case": CASE}, signer=a_signer(seed=2))
    assert verified(write(tmp_path / "a.zip", archive)) == v.NOT_SIGNED.status


def test_a_manifest_signed_over_lines_that_the_log_does_not_hold_is_found(tmp_path: Path) -> None:
    """Whoever holds the key and lies about a line contradicts the root that it has signed."""
    lines = export(some_leaves(600, past="never-"), OF_CASE, {"case": CASE})
    assert verified(write(tmp_path / "true.zip", lines)) == v.HOLDS.status
    archive = export(some_leaves(600, past="never-"), OF_CASE, {"case": CASE}, checkpoint=signed(LEAVES).encode())
    assert verified(write(tmp_path / "a.zip", archive)) == v.CHANGED.status


@pytest.mark.parametrize("rubbish", [b"", b"PK", b"\xff" * 99, zipped({}), zipped({"manifest.note": b"\xff"})])
def test_rubbish_is_no_bundle(tmp_path: Path, rubbish: bytes, capsys: Told) -> None:
    assert verified(write(tmp_path / "a.zip", rubbish)) == v.UNREADABLE.status
    assert v.UNREADABLE.fr in capsys.readouterr().err


def test_what_is_not_there_can_not_be_read(tmp_path: Path) -> None:
    assert verified(tmp_path / "nothing.zip") == v.UNREADABLE.status


@pytest.mark.parametrize("key", ["", "x", "a+b+c", "log.example/audit/2026+00000000+AAAA"])
def test_a_key_that_is_none_is_said(tmp_path: Path, key: str) -> None:
    assert verified(mirror(tmp_path, LEAVES[:3]), key=key or " ") == v.UNREADABLE.status


def test_a_bundle_is_compared_with_what_was_seen_by_the_logs_own_proof(tmp_path: Path) -> None:
    seen = str(tmp_path / "seen")
    verified(mirror(tmp_path / "log", LEAVES[:300]), "--remember", seen)
    archive = write(tmp_path / "a.zip", export(LEAVES, OF_CASE, {"case": CASE}))
    assert verified(archive, "--remember", seen) == v.INCOMPLETE.status
    growth = consistency_proof(nodes_of([leaf_hash(each) for each in LEAVES]), 300, 600)
    text = "".join(f"{encoded(each)}\n" for each in growth).encode()
    good, bad = write(tmp_path / "good", text), write(tmp_path / "bad", text[45:])
    assert verified(archive, "--remember", seen, "--consistency", str(bad)) == v.FORKED.status
    assert verified(archive, "--remember", seen, "--consistency", str(good)) == v.HOLDS.status


@settings(max_examples=60)
@given(size=st.integers(1, 300), data=st.data())
def test_any_lines_lead_up_to_the_root_and_no_other_ones(size: int, data: st.DataObject) -> None:
    hashes = some_leaf_hashes(size)
    indexes = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    nodes = nodes_of(hashes)
    given_nodes: dict[int, dict[int, bytes]] = {}
    for level, index in subtrees_between(indexes, size):
        given_nodes.setdefault(level, {})[index] = nodes(level, index)
    root, lines = Frontier().grown(hashes).root, {index: hashes[index] for index in indexes}
    assert sparse_root(size, lines, given_nodes) == root
    if indexes:
        wrong = data.draw(st.sampled_from(indexes))
        assert _fails(size, lines | {wrong: b"\x00" * 32}, given_nodes, root)
        assert _fails(size, {at: lines[at] for at in indexes if at != wrong}, given_nodes, root)


def _fails(size: int, lines: dict[int, bytes], nodes: dict[int, dict[int, bytes]], root: bytes) -> bool:
    try:
        return sparse_root(size, lines, nodes) != root
    except Refused:
        return True


def test_the_package_is_small_and_knows_nothing_of_relais() -> None:
    texts = [path.read_text("utf-8") for path in Path("verify/relais_verify").glob("*.py")]
    assert sum(text.count("\n") for text in texts) <= 600
    imported = {
        line.split()[1].partition(".")[0]
        for text in texts
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert not imported & {"shared", "services", "cli", "socket", "urllib", "http", "httpx", "requests"}
