"""Files as they are encrypted for the homeserver (docs/wire.md, Assets)."""
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK, OVERHEAD = 65_536, 28


def capability(key: bytes) -> bytes:
    """What a download shows in Asset-Capability; the homeserver knows its SHA-256."""
    return _derived(key, "capability")


def seal(key: bytes, plaintext: bytes) -> bytes:
    aead, nonce_key = AESGCM(_derived(key, "encryption")), _derived(key, "nonce")
    sealed = b""
    for index in range(_chunk_count(len(plaintext))):
        chunk, place = plaintext[index * CHUNK :][:CHUNK], _place(len(plaintext), index)
        nonce = hmac.digest(nonce_key, place + chunk, "sha256")[:12]
        sealed += nonce + aead.encrypt(nonce, chunk, place)
    return sealed


def open_sealed(key: bytes, size: int, sealed: bytes) -> bytes | None:
    """The file of `size` bytes, or None where these are not the bytes that were sent."""
    if len(sealed) != size + OVERHEAD * _chunk_count(size):
        return None
    aead, plaintext = AESGCM(_derived(key, "encryption")), b""
    for index in range(_chunk_count(size)):
        chunk = sealed[index * (CHUNK + OVERHEAD) :][: CHUNK + OVERHEAD]
        try:
            plaintext += aead.decrypt(chunk[:12], chunk[12:], _place(size, index))
        except InvalidTag:
            return None
    return plaintext


def _chunk_count(size: int) -> int:
    return max(1, -(-size // CHUNK))


def _place(size: int, index: int) -> bytes:
    return index.to_bytes(8, "big") + bytes([index == _chunk_count(size) - 1])


def _derived(key: bytes, what: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"mls-homeserver asset {what} 1".encode()).derive(key)
