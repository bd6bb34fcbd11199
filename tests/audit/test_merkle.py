"""The tree: known roots, proofs that hold, and proofs that must not."""

import metamorphic_log
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.audit.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    OutsideTree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)
from services.audit.domain.proving import ProofRefused, check_consistency, check_inclusion
from tests.audit.builders import flipped, nodes_of, root_by_the_book, some_leaf_hashes

# The leaves and roots that implementations of RFC 6962 are tested with since Certificate Transparency's first one.
KNOWN_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

sizes = st.integers(1, 300)
unhurried = settings(deadline=None)


@st.composite
def a_leaf_of_a_log(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def an_older_and_a_newer_size(draw: st.DrawFn) -> tuple[int, int]:
    new = draw(sizes)
    return draw(st.integers(1, new)), new


def test_known_leaves_give_the_known_roots() -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES]
    roots = [Frontier().grown(hashes[: size + 1]).root.hex() for size in range(len(hashes))]
    assert roots == KNOWN_ROOTS


def test_the_root_of_an_empty_log_is_the_hash_of_nothing() -> None:
    assert Frontier().root == EMPTY_ROOT == root_by_the_book([])


@unhurried
@given(st.lists(st.integers(0, 40), max_size=12))
def test_any_cut_of_the_lines_into_batches_gives_the_same_root(cuts: list[int]) -> None:
    hashes, frontier, start = some_leaf_hashes(sum(cuts)), Frontier(), 0
    for cut in cuts:
        frontier, start = frontier.grown(hashes[start : start + cut]), start + cut
    assert frontier == Frontier().grown(hashes)
    assert frontier.root == root_by_the_book(hashes)


@unhurried
@given(a_leaf_of_a_log())
def test_every_line_is_proven_to_two_verifiers(place: tuple[int, int]) -> None:
    index, size = place
    hashes = some_leaf_hashes(size)
    proof, root = inclusion_proof(nodes_of(hashes), index, size), root_by_the_book(hashes)
    check_inclusion(hashes[index], index, size, proof, root)
    metamorphic_log.verify_inclusion(index, size, hashes[index], proof, root)


@unhurried
@given(an_older_and_a_newer_size())
def test_every_growth_is_proven_to_two_verifiers(growth: tuple[int, int]) -> None:
    old, new = growth
    hashes = some_leaf_hashes(new)
    proof = consistency_proof(nodes_of(hashes), old, new)
    roots = root_by_the_book(hashes[:old]), root_by_the_book(hashes)
    check_consistency(old, roots[0], new, roots[1], proof)
    metamorphic_log.verify_consistency(old, new, proof, *roots)


@unhurried
@given(a_leaf_of_a_log(), st.integers(0, 10_000))
def test_one_flipped_bit_spoils_a_proof_of_a_line(place: tuple[int, int], bit: int) -> None:
    index, size = place
    hashes = some_leaf_hashes(size)
    proof, root = inclusion_proof(nodes_of(hashes), index, size), root_by_the_book(hashes)
    parts = [hashes[index], root, *proof]
    parts[bit % len(parts)] = flipped(parts[bit % len(parts)], bit)
    with pytest.raises(ProofRefused):
        check_inclusion(parts[0], index, size, parts[2:], parts[1])


@unhurried
@given(an_older_and_a_newer_size(), st.integers(0, 10_000))
def test_one_flipped_bit_spoils_a_proof_of_growth(growth: tuple[int, int], bit: int) -> None:
    old, new = growth
    hashes = some_leaf_hashes(new)
    parts = [root_by_the_book(hashes[:old]), root_by_the_book(hashes), *consistency_proof(nodes_of(hashes), old, new)]
    parts[bit % len(parts)] = flipped(parts[bit % len(parts)], bit)
    with pytest.raises(ProofRefused):
        check_consistency(old, parts[0], new, parts[1], parts[2:])


@unhurried
@given(a_leaf_of_a_log(), st.integers(0, 300))
def test_a_proof_holds_for_no_other_place_in_the_log(place: tuple[int, int], other: int) -> None:
    index, size = place
    assume(other != index)
    hashes = some_leaf_hashes(size)
    with pytest.raises(ProofRefused):
        check_inclusion(hashes[index], other, size, inclusion_proof(nodes_of(hashes), *place), root_by_the_book(hashes))


@unhurried
@given(an_older_and_a_newer_size())
def test_a_proof_of_growth_can_be_neither_longer_nor_shorter(growth: tuple[int, int]) -> None:
    hashes = some_leaf_hashes(growth[1])
    proof = consistency_proof(nodes_of(hashes), *growth)
    roots = root_by_the_book(hashes[: growth[0]]), root_by_the_book(hashes)
    for other in ([*proof, roots[0]], proof[:-1] if proof else [roots[1]]):
        with pytest.raises(ProofRefused):
            check_consistency(growth[0], roots[0], growth[1], roots[1], other)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_growth_from_nothing_or_backwards_is_no_growth(old: int, new: int) -> None:
    with pytest.raises(ProofRefused):
        check_consistency(old, EMPTY_ROOT, new, EMPTY_ROOT, [])
    with pytest.raises(OutsideTree):
        consistency_proof(nodes_of(some_leaf_hashes(5)), old, new)


@pytest.mark.parametrize("index", [-1, 5])
def test_a_line_outside_the_log_has_no_proof(index: int) -> None:
    hashes = some_leaf_hashes(5)
    with pytest.raises(OutsideTree):
        inclusion_proof(nodes_of(hashes), index, 5)
    with pytest.raises(ProofRefused):
        check_inclusion(hashes[0], index, 5, [], hashes[0])


def test_an_empty_hash_and_root_prove_nothing() -> None:
    with pytest.raises(ProofRefused):
        check_inclusion(b"", 0, 1, [], b"")
