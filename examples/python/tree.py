"""The ratchet tree of suite 1 (RFC 9420 §4, §7): what it is made of, its hash, and what proposals and paths do to it."""
from hashlib import sha256

from encoding import Reader, uint, vector
from mls import verify

LEAF, PARENT = b"\x01", b"\x02"


class Tree:
    """Nodes in the order of appendix C, a leaf at each even place; a blank one is None."""

    def __init__(self, nodes: list):
        width = 1
        while width < len(nodes):
            width = 2 * width + 1
        self.nodes = nodes + [None] * (width - len(nodes))

    @staticmethod
    def read(data: bytes) -> "Tree":
        """`optional<Node> ratchet_tree<V>` (§12.4.3.3)"""
        outer, nodes = Reader(data), []
        inner = Reader(outer.vector())
        outer.end()
        while inner.at < len(inner.data):
            if inner.take(1) == b"\x00":
                nodes.append(None)
            else:
                nodes.append(Leaf.read(inner) if inner.take(1) == LEAF else Parent.read(inner))
        return Tree(nodes)

    def written(self) -> bytes:
        last = max(at for at, node in enumerate(self.nodes) if node is not None)
        return vector(b"".join(_optional(node, with_type=True) for node in self.nodes[: last + 1]))

    def copy(self) -> "Tree":
        return Tree([node if node is None or isinstance(node, Leaf) else node.copy() for node in self.nodes])

    @property
    def root(self) -> int:
        return len(self.nodes) // 2

    def direct_path(self, at: int) -> list[int]:
        """From the parent of a node to the root."""
        found = []
        while at != self.root:
            at = parent_of(at)
            found.append(at)
        return found

    def resolution(self, at: int) -> list[int]:
        """§4.1.1"""
        node = self.nodes[at]
        if node is not None:
            return [at] if isinstance(node, Leaf) else [at] + [2 * leaf for leaf in node.unmerged]
        return [] if at % 2 == 0 else self.resolution(left_of(at)) + self.resolution(right_of(at))

    def filtered_path(self, leaf: int) -> list[tuple[int, int]]:
        """(node, its child that does not lead to the leaf), without those that nobody is below of there (§4.1.2)"""
        below, found = 2 * leaf, []
        for at in self.direct_path(2 * leaf):
            copath = right_of(at) if below < at else left_of(at)
            if self.resolution(copath):
                found.append((at, copath))
            below = at
        return found

    def hash(self, at: int | None = None) -> bytes:
        """§7.8"""
        at = self.root if at is None else at
        if at % 2 == 0:
            return sha256(LEAF + uint(4, at // 2) + _optional(self.nodes[at])).digest()
        below = vector(self.hash(left_of(at))) + vector(self.hash(right_of(at)))
        return sha256(PARENT + _optional(self.nodes[at]) + below).digest()

    def add(self, leaf: "Leaf") -> int:
        """§7.7: at the leftmost blank leaf; the parents above say that it is not of them yet."""
        free = [at for at in range(0, len(self.nodes), 2) if self.nodes[at] is None]
        at = free[0] if free else len(self.nodes) + 1
        if not free:
            self.nodes += [None] * (len(self.nodes) + 1)
        self.nodes[at] = leaf
        for above in self.direct_path(at):
            if self.nodes[above] is not None:
                self.nodes[above].unmerged = sorted([*self.nodes[above].unmerged, at // 2])
        return at // 2

    def remove(self, leaf: int) -> None:
        for at in [2 * leaf, *self.direct_path(2 * leaf)]:
            self.nodes[at] = None
        while len(self.nodes) > 1 and all(node is None for node in self.nodes[self.root + 1 :]):
            self.nodes = self.nodes[: self.root]

    def is_there(self, at: int) -> bool:
        return at < len(self.nodes) and self.nodes[at] is not None

    def merge(self, leaf_index: int, leaf: "Leaf", keys: list[bytes]) -> None:
        """A path's public half (§7.5, §7.9): its keys, and from the root down the hash of what is above."""
        path, above = self.filtered_path(leaf_index), b""
        for at in self.direct_path(2 * leaf_index):
            self.nodes[at] = None
        for (at, copath), key in reversed(list(zip(path, keys, strict=True))):
            self.nodes[at] = Parent(key, above, [])
            above = sha256(vector(key) + vector(above) + vector(self.hash(copath))).digest()
        if leaf.parent_hash != above:
            raise ValueError("a leaf that says another path")
        self.nodes[2 * leaf_index] = leaf


class Leaf:
    def __init__(self, data: bytes, tbs: bytes, fields: dict):
        self.data, self.tbs = data, tbs
        self.encryption_key, self.signature_key, self.parent_hash, self.signature = (
            fields[name] for name in ("encryption_key", "signature_key", "parent_hash", "signature")
        )

    @staticmethod
    def read(reader: Reader) -> "Leaf":
        """§7.2"""
        begin, fields = reader.at, {"parent_hash": None}
        fields["encryption_key"], fields["signature_key"] = reader.vector(), reader.vector()
        reader.take(2)
        for _ in range(6):
            reader.vector()  # certificates, capabilities
        source = reader.uint(1)
        if source == 1:
            reader.take(16)
        elif source == 3:
            fields["parent_hash"] = reader.vector()
        reader.vector()  # extensions
        tbs = reader.data[begin : reader.at]
        fields["signature"] = reader.vector()
        return Leaf(reader.data[begin : reader.at], tbs, fields)

    def check(self, group: bytes, leaf_index: int) -> None:
        """Of a Commit's path: it is signed for its place. Throws InvalidSignature."""
        verify(self.signature_key, "LeafNodeTBS", self.tbs + vector(group) + uint(4, leaf_index), self.signature)


class Parent:
    def __init__(self, encryption_key: bytes, parent_hash: bytes, unmerged: list[int]):
        self.encryption_key, self.parent_hash, self.unmerged = encryption_key, parent_hash, unmerged

    @staticmethod
    def read(reader: Reader) -> "Parent":
        """§7.1"""
        key, above, unmerged = reader.vector(), reader.vector(), Reader(reader.vector())
        return Parent(key, above, [unmerged.uint(4) for _ in range(len(unmerged.data) // 4)])

    def copy(self) -> "Parent":
        return Parent(self.encryption_key, self.parent_hash, list(self.unmerged))

    @property
    def data(self) -> bytes:
        unmerged = b"".join(uint(4, leaf) for leaf in self.unmerged)
        return vector(self.encryption_key) + vector(self.parent_hash) + vector(unmerged)


def _optional(node: Leaf | Parent | None, with_type: bool = False) -> bytes:
    if node is None:
        return b"\x00"
    kind = LEAF if isinstance(node, Leaf) else PARENT
    return b"\x01" + (kind if with_type else b"") + node.data


def _level(at: int) -> int:
    return (~at & (at + 1)).bit_length() - 1


def left_of(at: int) -> int:
    return at ^ (1 << _level(at) - 1)


def right_of(at: int) -> int:
    return at ^ (3 << _level(at) - 1)


def parent_of(at: int) -> int:
    level = _level(at)
    return (at | (1 << level)) & ~(1 << level + 1)
