"""What every MLS object of suite 1 is made of: signatures, secrets, a client's leaf and its KeyPackages (RFC 9420)."""
from hashlib import sha256
from time import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from encoding import Reader, uint, vector

MLS10, SUITE, X509, QUEUE_REFERENCE, LAST_RESORT = (uint(2, n) for n in (1, 1, 2, 0xF0C1, 0x000A))
PRIVATE_MESSAGE, GROUP_INFO, KEY_PACKAGE = (MLS10 + uint(2, n) for n in (2, 4, 5))  # MLSMessages begin so

# Versions, suites, extensions, proposals, credentials (docs/wire.md, Leaves and KeyPackages).
CAPABILITIES = vector(MLS10) + vector(SUITE) + vector(QUEUE_REFERENCE) + vector(b"") + vector(X509)


def sign(key: Ed25519PrivateKey, label: str, content: bytes) -> bytes:
    """SignWithLabel (§5.1.2), as a vector"""
    return vector(key.sign(sign_content(label, content)))


def sign_content(label: str, content: bytes) -> bytes:
    return vector(b"MLS 1.0 " + label.encode()) + vector(content)


def verify(key: bytes, label: str, content: bytes, signature: bytes) -> None:
    """Throws InvalidSignature."""
    Ed25519PublicKey.from_public_bytes(key).verify(signature, sign_content(label, content))


def expand(secret: bytes, label: str, context: bytes = b"", size: int = 32) -> bytes:
    """ExpandWithLabel (§8); without a context DeriveSecret"""
    info = uint(2, size) + vector(b"MLS 1.0 " + label.encode()) + vector(context)
    return HKDFExpand(SHA256(), size, info).derive(secret)


def leaf_node(key: Ed25519PrivateKey, certificates: list[bytes], reference: bytes) -> bytes:
    """A LeafNode of source key_package, good for 30 days (§7.2). Who wants to read what is encrypted to it keeps the key."""
    credential = X509 + vector(b"".join(map(vector, certificates)))
    lifetime = uint(8, int(time()) - 3_600) + uint(8, int(time()) + 30 * 86_400)
    extensions = vector(QUEUE_REFERENCE + vector(reference))
    keys = vector(_fresh_public_key()) + vector(key.public_key().public_bytes_raw())
    tbs = keys + credential + CAPABILITIES + b"\x01" + lifetime + extensions
    return tbs + sign(key, "LeafNodeTBS", tbs)


def key_package(key: Ed25519PrivateKey, leaf: bytes, last_resort: bool) -> bytes:
    """A KeyPackage as MLSMessage (§10)."""
    extensions = vector(LAST_RESORT + vector(b"") if last_resort else b"")
    tbs = MLS10 + SUITE + vector(_fresh_public_key()) + leaf + extensions
    return KEY_PACKAGE + tbs + sign(key, "KeyPackageTBS", tbs)


def key_package_ref(message: bytes) -> bytes:
    """MakeKeyPackageRef (§5.2)"""
    return sha256(vector(b"MLS 1.0 KeyPackage Reference") + vector(message[4:])).digest()


def read_key_package(message: bytes) -> dict:
    """A KeyPackage of suite 1, its two signatures verified: its signature key, its certificates, its leaf's extensions."""
    if message[:4] != KEY_PACKAGE or message[4:8] != MLS10 + SUITE:
        raise ValueError("no KeyPackage of suite 1")
    reader = Reader(message)
    reader.take(8)
    reader.vector()  # init_key
    begin = reader.at
    _, signature_key, credential = reader.vector(), reader.vector(), reader.take(2)
    certificates = reader.vectors()
    for _ in range(5):
        reader.vector()  # capabilities
    reader.take(17)  # source, lifetime
    extensions = _extensions(reader.vector())
    leaf = message[begin : reader.at]
    verify(signature_key, "LeafNodeTBS", leaf, reader.vector())
    own = _extensions(reader.vector())
    tbs = message[4 : reader.at]
    verify(signature_key, "KeyPackageTBS", tbs, reader.vector())
    reader.end()
    if credential != X509:
        raise ValueError("its credential is not x509")
    return {"key": signature_key, "certificates": certificates, "leaf": extensions, "own": own}


def _extensions(data: bytes) -> dict[bytes, bytes]:
    reader, found = Reader(data), {}
    while reader.at < len(data):
        kind = reader.take(2)
        found[kind] = reader.vector()
    return found


def _fresh_public_key() -> bytes:
    return X25519PrivateKey.generate().public_key().public_bytes_raw()
