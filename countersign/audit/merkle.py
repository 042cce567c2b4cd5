"""Merkle tree hashes and proofs as in RFC 9162 (Certificate Transparency 2.0) section 2.1, with SHA-256.

Pure: hashes are 32 bytes; where a function needs parts of a tree, it is given `subtree(start, end)`, which returns the
hash over the leaves start ≤ i < end. The stand-alone verifier does the same again in its own words.
"""

from hashlib import sha256

EMPTY = sha256(b"").digest()
# A copy of a hash that has begun is a fifth cheaper than a new one, and a check of a long record is made of them.
_LEAF, _NODE = sha256(b"\x00"), sha256(b"\x01")


class ProofRefused(Exception):
    """The proof does not show what it is said to show; the text says which step failed."""


def leaf_hash(entry):
    found = _LEAF.copy()
    found.update(entry)
    return found.digest()


def node_hash(left, right):
    found = _NODE.copy()
    found.update(left + right)
    return found.digest()


def split(count):
    """The largest power of two smaller than `count` (count ≥ 2): where the left subtree ends."""
    return 1 << (count - 1).bit_length() - 1


class Frontier:
    """The complete subtrees along the right edge of a growing tree: enough to append, and to tell the root."""

    def __init__(self, size=0, hashes=()):
        """hashes: of the complete subtrees that `size` leaves consist of, largest first. Raises ValueError."""
        self.size, self.hashes = size, list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(one) != 32 for one in self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes are no frontier of {size} leaves.")

    def append(self, leaf, count=1):
        """Add the hash of a leaf, or of a complete subtree of `count` leaves (a power of two that divides the size)."""
        carried, level = self.size // count, leaf
        while carried & 1:
            level = node_hash(self.hashes.pop(), level)
            carried >>= 1
        self.hashes.append(level)
        self.size += count

    def root(self):
        if not self.hashes:
            return EMPTY
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves):
    """The root over an iterable of leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def root_of_full(leaves):
    """The same for a list whose length is a power of two, level by level: twice as fast, and all in memory."""
    if not leaves or len(leaves) & (len(leaves) - 1):
        raise ValueError(f"{len(leaves)} is no power of two.")
    while len(leaves) > 1:
        leaves = list(map(node_hash, leaves[::2], leaves[1::2]))
    return leaves[0]


def frontier_of(size, subtree):
    """The Frontier of the first `size` leaves."""
    hashes, start = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            hashes.append(subtree(start, start + (1 << bit)))
            start += 1 << bit
    return Frontier(size, hashes)


def inclusion_proof(index, size, subtree):
    """PATH(index, D[size]): hashes from the leaf upwards. Section 2.1.3.1."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} among {size}.")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(old, size, subtree):
    """PROOF(old, D[size]): that the first `old` leaves are still the first ones. Section 2.1.4.1."""
    if not 0 <= old <= size:
        raise ValueError(f"{old} is not among 0 to {size}.")
    if old in (0, size):
        return []
    proof, start, end, whole = [], 0, size, True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(subtree(start, end))
    return proof[::-1]


def check_inclusion(leaf, index, size, proof, root):
    """Raises ProofRefused unless `leaf` is number `index` of the `size` leaves under `root`. Section 2.1.3.2."""
    if not 0 <= index < size:
        raise ProofRefused(f"there is no leaf {index} among {size}")
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofRefused("the proof is too short")
    if found != root:
        raise ProofRefused("the proof leads to another root")


def check_consistency(old, old_root, size, root, proof):
    """Raises ProofRefused unless the tree of `old` leaves is how the one of `size` leaves begins. Section 2.1.4.2."""
    if not 0 <= old <= size:
        raise ProofRefused(f"{old} is not among 0 to {size}")
    if old in (0, size):
        if proof:
            raise ProofRefused("the proof is too long")
        if old_root != (root if old else EMPTY):
            raise ProofRefused("the roots of one size differ")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        raise ProofRefused("the proof is too short")
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofRefused("the proof is too short")
    if first != old_root:
        raise ProofRefused("the proof leads to another old root")
    if second != root:
        raise ProofRefused("the proof leads to another root")
