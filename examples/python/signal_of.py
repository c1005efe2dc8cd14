"""Signals (docs/wire.md, Signals): the key of their sender in an epoch, and what they say."""
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from encoding import Reader, uint, vector
from mls import expand, verify

LABEL = "mls-homeserver signal 1"


def sender_key(exporter_secret: bytes, leaf_index: int, size: int = 16) -> bytes:
    """MLS-Exporter (RFC 9420 §8.5)"""
    return expand(expand(exporter_secret, LABEL), "exported", sha256(uint(4, leaf_index)).digest(), size)


def context(group: bytes, epoch: int, leaf_index: int) -> bytes:
    return vector(group) + uint(8, epoch) + uint(4, leaf_index)


def opened(key: bytes, signature_key: bytes, group: bytes, epoch: int, leaf_index: int, signal: bytes) -> bytes | None:
    """The plaintext of a signal of this sender in this epoch; None for anything else."""
    head = uint(2, 1) + context(group, epoch, leaf_index)
    if not signal.startswith(head):
        return None
    rest = Reader(signal[len(head) + 12 :])
    nonce, ciphertext, signature = signal[len(head) :][:12], rest.vector(), rest.vector()
    try:
        verify(signature_key, LABEL, head + nonce + vector(ciphertext), signature)
        return AESGCM(key).decrypt(nonce, ciphertext, context(group, epoch, leaf_index))
    except (InvalidSignature, InvalidTag):
        return None


def content(plaintext: bytes) -> tuple[str, bytes]:
    reader = Reader(plaintext)
    kind, data = reader.vector(), reader.vector()
    assert len(plaintext) % 128 == 0 and not plaintext[len(vector(kind) + vector(data)) :].strip(b"\0")
    return kind.decode(), data
