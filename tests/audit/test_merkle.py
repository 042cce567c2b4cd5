"""RFC 9162 section 2.1: known answers, and every proof of random trees against a definition written anew here."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.audit import merkle

# The leaves and answers that implementations of certificate transparency agree on since RFC 6962.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
entries = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def subtree_of(leaves):
    """MTH(D[start:end]) by the definition in section 2.1.1, word for word."""
    def hashed(data):
        if not data:
            return sha256(b"").digest()
        if len(data) == 1:
            return sha256(b"\x00" + data[0]).digest()
        k = 1
        while k * 2 < len(data):
            k *= 2
        return sha256(b"\x01" + hashed(data[:k]) + hashed(data[k:])).digest()

    return lambda start, end: hashed(leaves[start:end])


@pytest.mark.parametrize("size", range(9))
def test_the_roots_that_everybody_agrees_on(size):
    assert merkle.root_of(map(merkle.leaf_hash, LEAVES[:size])).hex() == ROOTS[size]
    assert subtree_of(LEAVES)(0, size).hex() == ROOTS[size]


@pytest.mark.parametrize(("place", "proof"), INCLUSION.items())
def test_the_inclusion_proofs_that_everybody_agrees_on(place, proof):
    index, size = place
    assert [one.hex() for one in merkle.inclusion_proof(index, size, subtree_of(LEAVES))] == proof
    merkle.check_inclusion(
        merkle.leaf_hash(LEAVES[index]), index, size, list(map(bytes.fromhex, proof)), bytes.fromhex(ROOTS[size])
    )


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_the_consistency_proofs_that_everybody_agrees_on(sizes, proof):
    old, size = sizes
    assert [one.hex() for one in merkle.consistency_proof(old, size, subtree_of(LEAVES))] == proof
    merkle.check_consistency(
        old, bytes.fromhex(ROOTS[old]), size, bytes.fromhex(ROOTS[size]), list(map(bytes.fromhex, proof))
    )


@settings(max_examples=40, deadline=None)
@given(entries)
def test_a_growing_tree_has_the_root_of_the_definition_at_every_size(leaves):
    frontier, subtree = merkle.Frontier(), subtree_of(leaves)
    for size, entry in enumerate(leaves, 1):
        frontier.append(merkle.leaf_hash(entry))
        assert frontier.root() == subtree(0, size)
        assert merkle.frontier_of(size, subtree).hashes == frontier.hashes


@pytest.mark.parametrize("count", [1, 2, 4, 64, 256])
def test_a_full_tree_has_the_same_root_level_by_level(count):
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(count)]

    assert merkle.root_of_full(leaves) == merkle.root_of(leaves)
    with pytest.raises(ValueError, match="no power of two"):
        merkle.root_of_full(leaves * 3)


@settings(max_examples=40, deadline=None)
@given(entries, st.data())
def test_a_tree_goes_on_from_its_frontier_by_leaves_or_by_whole_subtrees(leaves, data):
    subtree = subtree_of(leaves)
    start = data.draw(st.integers(0, len(leaves)))
    frontier = merkle.frontier_of(start, subtree)
    at = start
    while at < len(leaves):
        fitting = [1 << bit for bit in range(7) if at % (1 << bit) == 0 and at + (1 << bit) <= len(leaves)]
        count = data.draw(st.sampled_from(fitting))
        frontier.append(subtree(at, at + count), count)
        at += count
    assert frontier.root() == subtree(0, len(leaves))


@settings(max_examples=25, deadline=None)
@given(entries)
def test_every_leaf_of_every_tree_has_a_proof_and_no_other_leaf_has_it(leaves):
    subtree, size = subtree_of(leaves), len(leaves)
    root = subtree(0, size)
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, subtree)
        leaf = merkle.leaf_hash(leaves[index])
        merkle.check_inclusion(leaf, index, size, proof, root)
        for wrong in [
            (merkle.leaf_hash(leaves[index] + b"x"), index, size, proof, root),
            (leaf, index, size, [*proof, root], root), (leaf, index, size, proof, sha256(root).digest()),
            *([(leaf, index, size, proof[:-1], root), (leaf, size, size, proof, root)] if proof else []),
        ]:
            with pytest.raises(merkle.ProofRefused):
                merkle.check_inclusion(*wrong)


@settings(max_examples=25, deadline=None)
@given(entries)
def test_every_older_size_has_a_proof_and_no_other_history_has_it(leaves):
    subtree, size = subtree_of(leaves), len(leaves)
    root = subtree(0, size)
    for old in range(size + 1):
        proof = merkle.consistency_proof(old, size, subtree)
        merkle.check_consistency(old, subtree(0, old), size, root, proof)
        other = [*leaves[: max(old - 1, 0)], b"something else entirely"]
        wrong = [(old, subtree(0, old), size, root, [*proof, root])]
        if old:
            wrong.append((old, subtree_of(other)(0, old), size, root, proof))
        if proof:
            wrong.append((old, subtree(0, old), size, root, proof[:-1]))
        for one in wrong:
            with pytest.raises(merkle.ProofRefused):
                merkle.check_consistency(*one)


def flipped(raw):
    for at in range(len(raw)):
        for bit in (0, 3, 7):
            yield raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_a_flipped_bit_anywhere_in_a_proof_is_refused(size):
    leaves = [bytes([number]) for number in range(size)]
    subtree = subtree_of(leaves)
    root = subtree(0, size)
    refused = 0
    for index in range(size):
        leaf, proof = merkle.leaf_hash(leaves[index]), merkle.inclusion_proof(index, size, subtree)
        elements = [leaf, *proof, root]
        for place, element in enumerate(elements):
            for wrong in flipped(element):
                changed = [*elements[:place], wrong, *elements[place + 1 :]]
                with pytest.raises(merkle.ProofRefused):
                    merkle.check_inclusion(changed[0], index, size, changed[1:-1], changed[-1])
                refused += 1
    for old in range(1, size):
        proof = merkle.consistency_proof(old, size, subtree)
        elements = [subtree(0, old), *proof, root]
        for place, element in enumerate(elements):
            for wrong in flipped(element):
                changed = [*elements[:place], wrong, *elements[place + 1 :]]
                with pytest.raises(merkle.ProofRefused):
                    merkle.check_consistency(old, changed[0], size, changed[-1], changed[1:-1])
                refused += 1
    assert refused >= 2 * 32 * 3


@pytest.mark.parametrize("hashes", [[], [b"x" * 32, b"y" * 32], [b"short"]])
def test_a_frontier_that_cannot_be_is_refused(hashes):
    with pytest.raises(ValueError, match="no frontier"):
        merkle.Frontier(4, hashes)
