"""Who a client is: its certification request, and the assertions that tokens are given for (docs/wire.md, Vouching)."""
import json
from time import time
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from encoding import base64url
from server import Server


def certification_request(key: Ed25519PrivateKey, user: str, client: str) -> bytes:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in (user, client)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    return builder.sign(key, None).public_bytes(Encoding.DER)


def assertion(key: Ed25519PrivateKey, issuer: str, audience: str) -> str:
    """A JWS in compact form. Good for one token, for a minute at most."""
    now = int(time())
    claims = {"iss": issuer, "sub": issuer, "aud": audience, "iat": now, "exp": now + 45, "jti": str(uuid4())}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "EdDSA"}, claims))
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


def token(server: Server, key: Ed25519PrivateKey, issuer: str) -> str:
    """`issuer`: a client or a queue."""
    signed = assertion(key, issuer, server.about["baseUrl"] + "/v1/token")
    body = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
    return server.call("POST", "/v1/token", body)["access_token"]
