"""A group of one, at epoch 0: who has no MLS library can at least write to itself. Everything else asks for a library."""
from hmac import digest
from hashlib import sha256
from os import urandom

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from encoding import Reader, uint, vector
from hpke import derive_key_pair
from mls import GROUP_INFO, MLS10, PRIVATE_MESSAGE, QUEUE_REFERENCE, SUITE, X509, expand, sign, verify

# required_capabilities: extensions, proposals, credentials (docs/wire.md, What holds for every group).
REQUIRED = uint(2, 3) + vector(vector(QUEUE_REFERENCE) + vector(b"") + vector(X509))
LEAF, APPLICATION, MEMBER = b"\x01", b"\x01", b"\x01"
PADDED_TO = 256


class LonelyGroup:
    def __init__(self, group: str, key: Ed25519PrivateKey, leaf: bytes):
        self.id, self.key, self.leaf, self.generation = group.encode(), key, leaf, 0
        self.epoch_secret = urandom(32)  # §11
        tree_hash = sha256(LEAF + uint(4, 0) + b"\x01" + leaf).digest()  # §7.8
        self.context = (
            MLS10 + SUITE + vector(self.id) + uint(8, 0) + vector(tree_hash) + vector(b"") + vector(REQUIRED)
        )

    def ratchet_tree(self) -> bytes:
        """§12.4.3.3"""
        return vector(b"\x01" + LEAF + self.leaf)

    def group_info(self) -> bytes:
        """§12.4.3, with external_pub"""
        external = derive_key_pair(expand(self.epoch_secret, "external")).public_key().public_bytes_raw()
        extensions = vector(uint(2, 4) + vector(vector(external)))
        tag = digest(expand(self.epoch_secret, "confirm"), b"", "sha256")
        tbs = self.context + extensions + vector(tag) + uint(4, 0)
        return GROUP_INFO + tbs + sign(self.key, "GroupInfoTBS", tbs)

    def encrypt(self, plaintext: bytes) -> bytes:
        """A PrivateMessage of application data (§6.3)."""
        generation, guard = self.generation, urandom(4)
        self.generation += 1
        signed = vector(plaintext) + sign(self.key, "FramedContentTBS", self._tbs(plaintext))
        content = signed + bytes(max(0, PADDED_TO - len(signed)))
        key, nonce = self._message_key(generation, guard)
        ciphertext = AESGCM(key).encrypt(nonce, content, self._aad() + vector(b""))
        key, nonce = self._sender_key(ciphertext)
        sender = AESGCM(key).encrypt(nonce, uint(4, 0) + uint(4, generation) + guard, self._aad())
        return PRIVATE_MESSAGE + self._aad() + vector(b"") + vector(sender) + vector(ciphertext)

    def decrypt(self, message: bytes) -> bytes:
        reader = Reader(message)
        if reader.take(4 + len(self._aad())) != PRIVATE_MESSAGE + self._aad() or reader.vector() != b"":
            raise ValueError("not of this group and epoch")
        sender, ciphertext = reader.vector(), reader.vector()
        reader.end()
        key, nonce = self._sender_key(ciphertext)
        sender = Reader(AESGCM(key).decrypt(nonce, sender, self._aad()))
        _leaf, generation, guard = sender.uint(4), sender.uint(4), sender.take(4)
        key, nonce = self._message_key(generation, guard)
        content = Reader(AESGCM(key).decrypt(nonce, ciphertext, self._aad() + vector(b"")))
        plaintext = content.vector()
        verify(self.key.public_key().public_bytes_raw(), "FramedContentTBS", self._tbs(plaintext), content.vector())
        return plaintext

    def _tbs(self, plaintext: bytes) -> bytes:
        framed = vector(self.id) + uint(8, 0) + MEMBER + uint(4, 0) + vector(b"") + APPLICATION + vector(plaintext)
        return PRIVATE_MESSAGE + framed + self.context

    def _aad(self) -> bytes:
        return vector(self.id) + uint(8, 0) + APPLICATION

    def _message_key(self, generation: int, guard: bytes) -> tuple[bytes, bytes]:
        """§9: the only leaf is the root of the secret tree. (A real client forgets what it has used.)"""
        secret = expand(expand(self.epoch_secret, "encryption"), "application")
        for past in range(generation):
            secret = expand(secret, "secret", uint(4, past))
        key, nonce = expand(secret, "key", uint(4, generation), 16), expand(secret, "nonce", uint(4, generation), 12)
        return key, bytes(a ^ b for a, b in zip(nonce, guard + bytes(8)))

    def _sender_key(self, ciphertext: bytes) -> tuple[bytes, bytes]:
        secret, sample = expand(self.epoch_secret, "sender data"), ciphertext[:32]
        return expand(secret, "key", sample, 16), expand(secret, "nonce", sample, 12)
