"""Whether a leaf is of whom it says (docs/wire.md, Verifying others)."""
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KNOWN = {x509.SubjectAlternativeName.oid, x509.BasicConstraints.oid, x509.KeyUsage.oid}


class NotBelieved(Exception):
    pass


def verified(certificates: list[bytes], signature_key: bytes, root: bytes, revoked: frozenset[str] = frozenset()):
    """(user, client) of a chain under `root`; throws NotBelieved. `revoked`: serials of GET /v1/revocations."""
    _ask(len(certificates) == 2, "not two certificates")
    try:
        client, intermediate, top = (x509.load_der_x509_certificate(der) for der in (*certificates, root))
        names = _names(client)
        _ask(_public_key(client) == signature_key, "of another key")
        _ask(all(_profile(one) for one in (client, intermediate)), "not of the profile")
        _ask(is_authority(intermediate) and not is_authority(client), "an issuer that is none, or a client that is one")
        _ask(path_length(top) != 0, "the root has no intermediates")
        client.verify_directly_issued_by(intermediate)
        intermediate.verify_directly_issued_by(top)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise NotBelieved(str(error) or type(error).__name__) from error
    serials = {_serial(client), _serial(intermediate)}
    _ask(not serials & revoked, "revoked")
    return names


def _names(client: x509.Certificate) -> tuple[str, str]:
    extension = client.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    uris = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    _ask(extension.critical and len(client.subject) == 0, "a subject, or a subjectAltName that is not critical")
    _ask(len(uris) == 2 == len(extension.value), "not two names")
    user, other = sorted(uris, key=lambda uri: "/u/" not in uri)
    _ask("/u/" in user and "/d/" in other, "not a user and a client")
    _ask(user.split("/")[2] == other.split("/")[2], "of two domains")
    return user, other


def _public_key(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    point = hasattr(key, "curve")
    form = (Encoding.X962, PublicFormat.UncompressedPoint) if point else (Encoding.Raw, PublicFormat.Raw)
    return key.public_bytes(*form)


def _profile(certificate: x509.Certificate) -> bool:
    usage = [e.value for e in certificate.extensions if e.oid == x509.KeyUsage.oid]
    right = "key_cert_sign" if is_authority(certificate) else "digital_signature"
    critical = {e.oid for e in certificate.extensions if e.critical}
    return certificate.version is x509.Version.v3 and critical <= KNOWN and all(getattr(use, right) for use in usage)


def is_authority(certificate: x509.Certificate) -> bool:
    return any(e.value.ca for e in certificate.extensions if e.oid == x509.BasicConstraints.oid)


def path_length(certificate: x509.Certificate) -> int | None:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length


def _serial(certificate: x509.Certificate) -> str:
    number = certificate.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big").hex()


def _ask(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotBelieved(otherwise)
