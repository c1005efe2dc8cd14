"""HPKE (RFC 9180) in mode_base with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM, for one message."""
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from encoding import uint

KEM_ID = b"KEM" + uint(2, 0x0020)
SUITE_ID = b"HPKE" + uint(2, 0x0020) + uint(2, 0x0001) + uint(2, 0x0001)


def seal(recipient: bytes, info: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """(enc, ciphertext)"""
    once = X25519PrivateKey.generate()
    enc = once.public_key().public_bytes_raw()
    secret = once.exchange(X25519PublicKey.from_public_bytes(recipient))
    key, nonce = _key_and_nonce(secret, enc + recipient, info)
    return enc, AESGCM(key).encrypt(nonce, plaintext, aad)


def unseal(private_key: bytes, enc: bytes, info: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    key, nonce = _key_and_nonce(*_received(private_key, enc), info)
    return AESGCM(key).decrypt(nonce, ciphertext, aad)


def export(private_key: bytes, enc: bytes, info: bytes, exporter_context: bytes) -> bytes:
    """Context.Export (RFC 9180 §5.3) of 32 bytes"""
    secret, context = _schedule(*_received(private_key, enc), info)
    exporter = _expand(SUITE_ID, secret, b"exp", context, 32)
    return _expand(SUITE_ID, exporter, b"sec", exporter_context, 32)


def derive_key_pair(ikm: bytes) -> X25519PrivateKey:
    """DeriveKeyPair (RFC 9180 §7.1.3)"""
    return X25519PrivateKey.from_private_bytes(_expand(KEM_ID, _extract(KEM_ID, b"", b"dkp_prk", ikm), b"sk", b"", 32))


def _received(private_key: bytes, enc: bytes) -> tuple[bytes, bytes]:
    key = X25519PrivateKey.from_private_bytes(private_key)
    return key.exchange(X25519PublicKey.from_public_bytes(enc)), enc + key.public_key().public_bytes_raw()


def _key_and_nonce(dh: bytes, kem_context: bytes, info: bytes) -> tuple[bytes, bytes]:
    secret, context = _schedule(dh, kem_context, info)
    return _expand(SUITE_ID, secret, b"key", context, 16), _expand(SUITE_ID, secret, b"base_nonce", context, 12)


def _schedule(dh: bytes, kem_context: bytes, info: bytes) -> tuple[bytes, bytes]:
    """The secret of a context, and what its keys are bound to (RFC 9180 §5.1)"""
    shared = _expand(KEM_ID, _extract(KEM_ID, b"", b"eae_prk", dh), b"shared_secret", kem_context, 32)
    hashes = _extract(SUITE_ID, b"", b"psk_id_hash", b"") + _extract(SUITE_ID, b"", b"info_hash", info)
    return _extract(SUITE_ID, shared, b"secret", b""), b"\x00" + hashes


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt or None, b"HPKE-v1" + suite + label + ikm)


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, size: int) -> bytes:
    return HKDFExpand(SHA256(), size, uint(2, size) + b"HPKE-v1" + suite + label + info).derive(secret)
