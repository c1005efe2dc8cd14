"""A member of a group of suite 1 that reads along (RFC 9420): joins by a Welcome, follows Commits, opens messages; sends nothing."""
from copy import copy
from hashlib import sha256
from hmac import compare_digest, digest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from encoding import Reader, uint, vector
from framing import GroupInfo, Public, read_private, read_welcome
from hpke import derive_key_pair, export, unseal
from mls import expand, key_package_ref, read_key_package, verify
from tree import Leaf, Tree, left_of, right_of


class Member:
    def __init__(self, signature_key: bytes, leaf_key: bytes):
        """Its own keys: the public one that it signs by, the private one that its leaf is encrypted to."""
        self.signature_key, self.own_key, self.keys = signature_key, leaf_key, {}
        self.proposals: dict[bytes, tuple[bytes, int]] = {}

    def join(self, welcome: bytes, tree: bytes, key_package: bytes, init_key: bytes) -> None:
        """§12.4.3.1"""
        secrets, encrypted = read_welcome(welcome)
        enc, ciphertext = secrets[key_package_ref(key_package)]
        opened = Reader(_unseal(init_key, "Welcome", encrypted, enc, ciphertext))
        joiner, path = opened.vector(), opened.vector() if opened.take(1) == b"\x01" else None
        welcome_secret = expand(_member_secret(joiner), "welcome")
        key, nonce = expand(welcome_secret, "key", size=16), expand(welcome_secret, "nonce", size=12)
        info = GroupInfo(AESGCM(key).decrypt(nonce, encrypted, b""))
        self.tree = Tree.read(tree)
        info.check(self.tree)
        leaf_keys = [node.signature_key if isinstance(node, Leaf) else None for node in self.tree.nodes]
        self.keys = {leaf_keys.index(self.signature_key): self.own_key}
        if path is not None:
            self._learn(path, self._shared(info.signer))
        self._begin(info.context, _epoch_secret(joiner, info.context), info.confirmed, info.tag)

    def propose(self, message: bytes) -> bytes:
        """Its ProposalRef (§5.2): a Commit may name it."""
        public = self._read(message)
        ref = sha256(vector(b"MLS 1.0 Proposal Reference") + vector(public.authenticated)).digest()
        self.proposals[ref] = (public.body, public.sender)
        return ref

    def commit(self, message: bytes) -> None:
        """§12.4.2: all of it, or nothing."""
        after = copy(self)
        after._apply(message)
        self.__dict__ = after.__dict__

    def open(self, message: bytes) -> tuple[bytes, bytes]:
        """What an application message says, and its authenticated_data (§6.3)"""
        head, authenticated, sender_data, ciphertext = read_private(message, self.group, self.epoch)
        secret, sample = self.secret("sender data"), ciphertext[:32]
        key, nonce = expand(secret, "key", sample, 16), expand(secret, "nonce", sample, 12)
        sender = Reader(AESGCM(key).decrypt(nonce, sender_data, head))
        leaf, generation, guard = sender.uint(4), sender.uint(4), sender.take(4)
        key, nonce = self._message_key(leaf, generation)
        nonce = bytes(a ^ b for a, b in zip(nonce, guard + bytes(8)))
        content = Reader(AESGCM(key).decrypt(nonce, ciphertext, head + vector(authenticated)))
        plaintext, signature = content.vector(), content.vector()
        framed = vector(self.group) + uint(8, self.epoch) + b"\x01" + uint(4, leaf) + vector(authenticated)
        tbs = b"\x00\x01\x00\x02" + framed + b"\x01" + vector(plaintext) + self.context
        verify(self.tree.nodes[2 * leaf].signature_key, "FramedContentTBS", tbs, signature)
        return plaintext, authenticated

    def exported(self, label: str, context: bytes = b"") -> bytes:
        """MLS-Exporter (§8.5)"""
        return expand(expand(self.secret("exporter"), label), "exported", sha256(context).digest())

    def secret(self, label: str) -> bytes:
        return expand(self.epoch_secret, label)

    def _read(self, message: bytes) -> Public:
        return Public(message, self.context, self.tree, self.secret("membership"))

    def _apply(self, message: bytes) -> None:
        public = self._read(message)
        tree, sender, added, init = self.tree.copy(), public.sender, [], self.secret("init")
        for proposal in public.proposals(self.proposals):
            if proposal.kind == 1:
                read_key_package(proposal.key_package)
                added.append(tree.add(Leaf.read(Reader(proposal.leaf))))
            elif proposal.kind == 3:
                tree.remove(proposal.removed)
            elif proposal.kind == 6:
                external = derive_key_pair(self.secret("external")).private_bytes_raw()
                init = export(external, proposal.kem_output, b"", b"MLS 1.0 external init secret")
            else:
                raise ValueError("a proposal that no group here has")
        nodes = None
        if public.path is not None:
            leaf, nodes = public.path
            sender = tree.add(leaf) if sender is None else sender
            leaf.check(self.group, sender)
            tree.merge(sender, leaf, [key for key, _ in nodes])
        self.tree, changed = tree, [] if nodes is None else tree.direct_path(2 * sender)
        self.keys = {at: key for at, key in self.keys.items() if tree.is_there(at) and at not in changed}
        place = (self.group, self.epoch + 1, tree.hash())
        confirmed = sha256(self.interim + public.confirmed_input).digest()
        context = _context(*place, confirmed, self.extensions)
        # Paths are encrypted under the next context but for its transcript, which says what was encrypted (§12.4.2).
        provisional = _context(*place, self.confirmed, self.extensions)
        commit_secret = bytes(32) if nodes is None else self._follow_path(sender, nodes, added, provisional)
        joiner = expand(HKDF.extract(SHA256(), init, commit_secret), "joiner", context)
        self._begin(context, _epoch_secret(joiner, context), confirmed, public.tag)

    def _begin(self, context: bytes, epoch_secret: bytes, confirmed: bytes, tag: bytes) -> None:
        info = Reader(context)
        info.take(4)
        self.group, self.epoch = info.vector(), info.uint(8)
        _tree_hash, _confirmed, self.extensions = info.vector(), info.vector(), info.vector()
        self.context, self.epoch_secret, self.confirmed, self.proposals = context, epoch_secret, confirmed, {}
        self.interim = sha256(confirmed + vector(tag)).digest()
        if not compare_digest(digest(self.secret("confirm"), confirmed, "sha256"), tag):
            raise ValueError("a confirmation tag of another epoch")

    def _shared(self, leaf: int) -> list[int]:
        """The path of a leaf, from where it meets its own."""
        own = self.tree.direct_path(next(iter(self.keys)))
        return [at for at, _ in self.tree.filtered_path(leaf) if at in own]

    def _learn(self, path_secret: bytes, path: list[int]) -> bytes:
        """§7.4: the private keys from there up; answers the commit secret."""
        for at in path:
            key = derive_key_pair(expand(path_secret, "node"))
            if key.public_key().public_bytes_raw() != self.tree.nodes[at].encryption_key:
                raise ValueError("a path secret of another key")
            self.keys[at] = key.private_bytes_raw()
            path_secret = expand(path_secret, "path")
        return path_secret

    def _follow_path(self, sender: int, nodes: list, added: list[int], context: bytes) -> bytes:
        """§7.5: one of the ciphertexts is for a key of ours."""
        shared = self._shared(sender)
        places = dict(zip((at for at, _ in self.tree.filtered_path(sender)), nodes))
        copath = dict(self.tree.filtered_path(sender))[shared[0]]
        receivers = [at for at in self.tree.resolution(copath) if at // 2 not in added or at % 2]
        for at, (enc, ciphertext) in zip(receivers, places[shared[0]][1], strict=True):
            if at in self.keys:
                return self._learn(_unseal(self.keys[at], "UpdatePathNode", context, enc, ciphertext), shared)
        raise ValueError("a path that is not for us")

    def _message_key(self, leaf: int, generation: int) -> tuple[bytes, bytes]:
        """§9. (A real client forgets what it has used.)"""
        secret, at = self.secret("encryption"), self.tree.root
        while at != 2 * leaf:
            side, at = (b"left", left_of(at)) if 2 * leaf < at else (b"right", right_of(at))
            secret = expand(secret, "tree", side)
        secret = expand(secret, "application")
        for past in range(generation):
            secret = expand(secret, "secret", uint(4, past))
        return expand(secret, "key", uint(4, generation), 16), expand(secret, "nonce", uint(4, generation), 12)


def _member_secret(joiner: bytes) -> bytes:
    """§8, without PSKs"""
    return HKDF.extract(SHA256(), joiner, bytes(32))


def _epoch_secret(joiner: bytes, context: bytes) -> bytes:
    return expand(_member_secret(joiner), "epoch", context)


def _context(group: bytes, epoch: int, tree_hash: bytes, transcript: bytes, extensions: bytes) -> bytes:
    """§8.1"""
    head = b"\x00\x01\x00\x01" + vector(group) + uint(8, epoch)
    return head + vector(tree_hash) + vector(transcript) + vector(extensions)


def _unseal(key: bytes, label: str, context: bytes, enc: bytes, ciphertext: bytes) -> bytes:
    """DecryptWithLabel (§5.1.3)"""
    return unseal(key, enc, vector(b"MLS 1.0 " + label.encode()) + vector(context), b"", ciphertext)
