"""Tiles: their names, their cutting, and the tree read back from them."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.edge import Edge, Row, edge_tiles, tile_nodes
from services.audit.domain.merkle import Frontier, OutsideTree, consistency_proof, inclusion_proof
from services.audit.domain.proving import check_consistency, check_inclusion
from services.audit.domain.tiles import (
    MalformedBundle,
    MalformedTilePath,
    Tile,
    bundle,
    index_path,
    leaves_of,
    read_index,
    read_tile,
    row_root,
)
from tests.audit.builders import some_leaf_hashes

BIG = 66_000
BIG_LOG = some_leaf_hashes(BIG)


def all_tiles(edge: Edge, full: Mapping[Tile, Row]) -> dict[tuple[int, int], bytes]:
    partial = {(tile.level, tile.index): b"".join(edge.rows[tile.level]) for tile in edge_tiles(edge.size)}
    return {(tile.level, tile.index): b"".join(row) for tile, row in full.items()} | partial


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 0, 17), "tile/1/000.p/17"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(2, 273, 112), "tile/2/273.p/112"),
    ],
)
def test_a_tile_is_found_under_the_name_the_format_gives_it(tile: Tile, path: str) -> None:
    assert tile.path == path


@given(st.integers(0, 10**15), st.integers(1, 256))
def test_a_tile_path_reads_back_as_what_was_written(index: int, width: int) -> None:
    assert read_index(index_path(index, width)) == (index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/000",
        "x001",
        "001/000",
        "x001/0",
        "000.p/0",
        "000.p/256",
        "000.p/257",
        "000.p/01",
        "000.p/",
        "000.p",
        "../000",
        "000/",
        "٠٠٠",
        "000.p/1.p/1",
        "-01",
        "x001/x1/000",
    ],
)
def test_any_other_spelling_of_a_tile_path_is_refused(path: str) -> None:
    with pytest.raises(MalformedTilePath):
        read_index(path)


@pytest.mark.parametrize("level", ["", "64", "00", "-1", "entries", "1.0", "٣"])
def test_a_level_that_no_log_has_is_refused(level: str) -> None:
    with pytest.raises(MalformedTilePath):
        read_tile(f"{level}/000")
    assert read_tile("63/000") == Tile(63, 0)


def test_a_log_of_70_000_lines_has_the_tiles_that_the_format_counts() -> None:
    edge, full = Edge().grown(some_leaf_hashes(70_000))
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert [tile.path for tile in edge_tiles(70_000)] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [len(row) for row in edge.rows] == [112, 17, 1]


def test_a_log_of_256_lines_has_one_full_tile_and_its_root_above() -> None:
    edge, full = Edge().grown(some_leaf_hashes(256))
    assert list(full) == [Tile(0, 0)]
    assert edge_tiles(256) == [Tile(1, 0, 1)]
    assert edge.rows == ((), (row_root(full[Tile(0, 0)]),))


@settings(deadline=None)
@given(st.lists(st.integers(0, 600), max_size=6))
def test_any_cut_into_batches_gives_the_same_tiles(cuts: list[int]) -> None:
    edge, start = Edge(), 0
    full: dict[Tile, Row] = {}
    for cut in cuts:
        edge, filled = edge.grown(BIG_LOG[start : start + cut])
        full, start = full | filled, start + cut
    assert (edge, full) == Edge().grown(BIG_LOG[:start])
    assert edge.frontier == Frontier().grown(BIG_LOG[:start])


@settings(deadline=None, max_examples=25)
@given(st.integers(1, BIG), st.data())
def test_proofs_made_from_tiles_hold_at_any_size(size: int, data: st.DataObject) -> None:
    edge, full = Edge().grown(BIG_LOG[:size])
    nodes, index = tile_nodes(all_tiles(edge, full)), data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    root = edge.frontier.root
    check_inclusion(BIG_LOG[index], index, size, inclusion_proof(nodes, index, size), root)
    old_root = Frontier().grown(BIG_LOG[:old]).root
    check_consistency(old, old_root, size, root, consistency_proof(nodes, old, size))


@given(st.integers(0, 70_000), st.integers(0, 3), st.integers(0, 300), st.integers(1, 256))
def test_a_tile_is_within_a_log_that_has_all_its_hashes(size: int, level: int, index: int, width: int) -> None:
    covered = (index * 256 + width) * 256**level
    assert Tile(level, index, width).is_within(size) == (covered <= size)


def test_nodes_beyond_the_tiles_are_outside_the_tree() -> None:
    edge, full = Edge().grown(some_leaf_hashes(300))
    nodes = tile_nodes(all_tiles(edge, full))
    for level, index in [(0, 300), (3, 37), (8, 1), (16, 0)]:
        with pytest.raises(OutsideTree):
            nodes(level, index)


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_a_bundle_gives_back_its_lines(leaves: list[bytes]) -> None:
    assert leaves_of(bundle(leaves)) == leaves


def test_a_bundle_names_each_length_in_two_bytes() -> None:
    assert bundle([b"", b"a" * 258]) == b"\x00\x00" + b"\x01\x02" + b"a" * 258


@pytest.mark.parametrize("bundled", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_bundle_that_ends_inside_a_line_is_refused(bundled: bytes) -> None:
    with pytest.raises(MalformedBundle):
        leaves_of(bundled)
