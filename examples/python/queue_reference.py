"""The leaf extension 0xF0C1, by which the homeserver knows where a leaf's messages go (docs/wire.md, Queue reference)."""
from encoding import Reader, vector
from hpke import seal, unseal

INFO = b"mls-homeserver queue 1"


def queue_reference(queue: str, signature_key: bytes, domain: str, key_id: bytes, public_key: bytes) -> bytes:
    """`key_id` and `public_key` are those of GET /v1/queueKey."""
    enc, ciphertext = seal(public_key, INFO, signature_key, queue.encode())
    return b"".join(map(vector, (domain.encode(), key_id, enc, ciphertext)))


def queue_of(reference: bytes, signature_key: bytes, private_key: bytes) -> str:
    """What only the homeserver can do."""
    reader = Reader(reference)
    _domain, _key_id, enc, ciphertext = (reader.vector() for _ in range(4))
    reader.end()
    return unseal(private_key, enc, INFO, signature_key, ciphertext).decode()
