"""Signed pages of a domain's revoked certificates (docs/federation.md, Revocations)."""
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certificates import is_authority, path_length
from encoding import from_base64url


def content(domain: str, page: dict) -> bytes:
    """What is signed: a line for each field, and one for each certificate."""
    head = ["mls-homeserver revocations 1", domain, page["cursor"], page.get("next", ""), str(page["time"])]
    return "\n".join(head + [f"{row['serial']} {row['at']}" for row in page["revoked"]]).encode()


def believed(domain: str, page: dict, root: bytes) -> bool:
    """Whether an intermediate under the root signed it. How old it may be is for whoever asked."""
    issuer, top = (x509.load_der_x509_certificate(der) for der in (from_base64url(page["issuer"]), root))
    key = issuer.public_key()
    if not (is_authority(issuer) and path_length(top) != 0 and isinstance(key, Ed25519PublicKey)):
        return False
    try:
        issuer.verify_directly_issued_by(top)
        key.verify(from_base64url(page["signature"]), content(domain, page))
        return True
    except (InvalidSignature, ValueError):
        return False
