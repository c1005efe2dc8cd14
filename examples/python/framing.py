"""What is posted to a group of suite 1 (RFC 9420 §6, §12): PublicMessages, PrivateMessages, Welcomes, GroupInfos."""
from hmac import compare_digest, digest

from encoding import Reader, uint, vector
from mls import GROUP_INFO, KEY_PACKAGE, MLS10, PRIVATE_MESSAGE, SUITE, verify
from tree import Leaf, Tree

PUBLIC_MESSAGE, WELCOME = MLS10 + uint(2, 1), MLS10 + uint(2, 3)
MEMBER, NEW_MEMBER_COMMIT, PROPOSAL, COMMIT = 1, 4, 2, 3


class Public:
    """A PublicMessage of this epoch, signature and membership tag verified (§6.2); without the key of members the signature alone."""

    def __init__(self, message: bytes, context: bytes, tree: Tree, membership_key: bytes | None):
        reader = Reader(message)
        if reader.take(4) != PUBLIC_MESSAGE or not context.startswith(MLS10 + SUITE + reader.data[4 : self._head(reader)]):
            raise ValueError("not of this group and epoch")
        kind = reader.uint(1)
        self.sender = reader.uint(4) if kind == MEMBER else None
        if kind not in (MEMBER, NEW_MEMBER_COMMIT):
            raise ValueError("a sender that no group here has")
        reader.vector()  # authenticated_data
        self.content, begin = reader.uint(1), reader.at
        self._read_content(reader)
        self.body, framed = message[begin : reader.at], message[4 : reader.at]
        signature = reader.vector()
        wire = message[2:4]
        self.confirmed_input = wire + framed + vector(signature)
        self.tag = reader.vector() if self.content == COMMIT else None
        self.authenticated = message[2 : reader.at]
        signer = self.path[0] if self.sender is None else tree.nodes[2 * self.sender]
        tbs = message[: 4 + len(framed)] + context
        verify(signer.signature_key, "FramedContentTBS", tbs, signature)
        if self.sender is not None:
            tbm = tbs + message[4 + len(framed) : reader.at]
            tag = reader.vector()
            if membership_key is not None and not compare_digest(digest(membership_key, tbm, "sha256"), tag):
                raise ValueError("a membership tag of another epoch")
        reader.end()

    @staticmethod
    def _head(reader: Reader) -> int:
        reader.vector()
        reader.take(8)
        return reader.at

    def _read_content(self, reader: Reader) -> None:
        if self.content == PROPOSAL:
            Proposal(reader, self.sender)
        elif self.content == COMMIT:
            self.listed = reader.vector()
            self.path = _update_path(reader) if reader.take(1) == b"\x01" else None
        else:
            raise ValueError("neither a proposal nor a Commit")

    def proposals(self, known: dict[bytes, tuple[bytes, int]]) -> list["Proposal"]:
        """Those of a Commit, in the order in which they are applied (§12.3): removals before adds."""
        reader, found = Reader(self.listed), []
        while reader.at < len(reader.data):
            if reader.take(1) == b"\x01":
                found.append(Proposal(reader, self.sender))
            else:
                body, sender = known[reader.vector()]
                found.append(Proposal(Reader(body), sender))
        return sorted(found, key=lambda proposal: proposal.kind == 1)


class Proposal:
    """§12.1: adds, removals, and what begins an external Commit."""

    def __init__(self, reader: Reader, sender: int | None):
        self.kind, self.sender = reader.uint(2), sender
        if self.kind == 1:
            begin = reader.at
            reader.take(4)
            reader.vector()  # init_key
            leaf_at = reader.at
            Leaf.read(reader)
            self.leaf = reader.data[leaf_at : reader.at]
            reader.vector(), reader.vector()  # extensions, signature
            self.key_package = KEY_PACKAGE + reader.data[begin : reader.at]
        elif self.kind == 3:
            self.removed = reader.uint(4)
        elif self.kind == 6:
            self.kem_output = reader.vector()
        else:
            raise ValueError("a proposal that no group here has")


class GroupInfo:
    """§12.4.3"""

    def __init__(self, data: bytes):
        reader = Reader(data)
        reader.take(4)
        reader.vector(), reader.take(8)
        self.tree_hash, self.confirmed = reader.vector(), reader.vector()
        reader.vector()  # extensions of the group
        self.context = data[: reader.at]
        reader.vector()  # its own extensions
        self.tag, self.signer = reader.vector(), reader.uint(4)
        self.tbs, self.signature = data[: reader.at], reader.vector()
        reader.end()

    @staticmethod
    def of_message(message: bytes) -> "GroupInfo":
        if message[:4] != GROUP_INFO:
            raise ValueError("no GroupInfo")
        return GroupInfo(message[4:])

    def check(self, tree: Tree) -> None:
        """It is of this tree, and signed by who says so. Throws InvalidSignature."""
        if tree.hash() != self.tree_hash:
            raise ValueError("a GroupInfo of another tree")
        verify(tree.nodes[2 * self.signer].signature_key, "GroupInfoTBS", self.tbs, self.signature)


def read_welcome(message: bytes) -> tuple[dict[bytes, tuple[bytes, bytes]], bytes]:
    """What is encrypted to whom, by KeyPackageRef, and the encrypted GroupInfo (§12.4.3.1)"""
    reader = Reader(message)
    if reader.take(6) != WELCOME + SUITE:
        raise ValueError("no Welcome of suite 1")
    inner, found = Reader(reader.vector()), {}
    while inner.at < len(inner.data):
        member = inner.vector()
        found[member] = (inner.vector(), inner.vector())
    encrypted = reader.vector()
    reader.end()
    return found, encrypted


def read_private(message: bytes, group: bytes, epoch: int) -> tuple[bytes, bytes, bytes, bytes]:
    """SenderDataAAD, authenticated_data, encrypted sender data, ciphertext (§6.3) of an application message"""
    head, reader = vector(group) + uint(8, epoch) + b"\x01", Reader(message)
    if reader.take(4 + len(head)) != PRIVATE_MESSAGE + head:
        raise ValueError("not of this group and epoch")
    authenticated, sender_data, ciphertext = reader.vector(), reader.vector(), reader.vector()
    reader.end()
    return head, authenticated, sender_data, ciphertext


def _update_path(reader: Reader) -> tuple[Leaf, list[tuple[bytes, list[tuple[bytes, bytes]]]]]:
    """§7.6"""
    leaf, inner, nodes = Leaf.read(reader), Reader(reader.vector()), []
    while inner.at < len(inner.data):
        key, sealed, ciphertexts = inner.vector(), Reader(inner.vector()), []
        while sealed.at < len(sealed.data):
            ciphertexts.append((sealed.vector(), sealed.vector()))
        nodes.append((key, ciphertexts))
    return leaf, nodes
