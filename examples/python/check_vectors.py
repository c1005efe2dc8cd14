"""Checks docs/vectors against this reading of docs/wire.md. Usage: check_vectors.py [FOLDER]"""
import json
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey, SECP256R1, SECP384R1
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

import asset
import content
import frank
import revocations as pages
import signal_of as signal
from certificates import NotBelieved, verified
from check_group import group
from check_websocket import websocket
from checks import ask, count, h, vectors
from encoding import base64url, from_base64url
from hpke import unseal
from mimi_uri import ID, KINDS
from mls import LAST_RESORT, QUEUE_REFERENCE, key_package_ref, read_key_package
from queue_reference import queue_of

CURVES = {"P-256": (SECP256R1, SHA256), "P-384": (SECP384R1, SHA384)}


def ids() -> None:
    given = vectors("ids")
    for row in given["valid"]:
        domain, kind, random = ID.fullmatch(row["uri"]).groups()
        ask((domain, KINDS[kind]) == (row["domain"], row["kind"]), row["uri"])
        ask(from_base64url(random) == h(row["random"]), row["uri"])
    for row in given["invalid"]:
        ask(ID.fullmatch(row["uri"]) is None, row["wrong"])
    ask(given["group"]["uri"].encode() == h(given["group"]["mlsGroupId"]), "the MLS group id")


def assertions() -> None:
    given = vectors("assertions")
    for row in given["assertions"]:
        header, claims, _ = row["jws"].split(".")
        ask(json.loads(from_base64url(header)) == row["header"], "a header")
        ask(json.loads(from_base64url(claims)) == row["claims"], "claims")
        ask(_signed(row["algorithm"], h(row["publicKey"]), row["jws"]), f"a signature of {row['algorithm']}")
    approval = given["approval"]
    ask(_signed("Ed25519", h(approval["publicKey"]), approval["jws"]), "the approval's signature")
    ask(not _signed("Ed25519", h(approval["publicKey"]), given["assertions"][0]["jws"][:-4] + "AAAA"), "any signature")
    ask(approval["claims"]["csr"] == base64url(sha256(h(approval["csr"])).digest()), "the approval's request")


def _signed(algorithm: str, key: bytes, jws: str) -> bool:
    signed, _, signature = jws.rpartition(".")
    signature = from_base64url(signature)
    try:
        if algorithm == "Ed25519":
            Ed25519PublicKey.from_public_bytes(key).verify(signature, signed.encode())
            return True
        curve, digest = CURVES[algorithm]
        half = len(signature) // 2
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        public = EllipticCurvePublicKey.from_encoded_point(curve(), key)
        public.verify(encode_dss_signature(r, s), signed.encode(), ECDSA(digest()))
        return True
    except InvalidSignature:
        return False


def registration() -> None:
    given = vectors("registration")
    root = h(given["authority"]["root"])
    for row in given["clients"]:
        chain = [h(der) for der in row["certificates"]]
        ask(verified(chain, h(row["signatureKey"]), root) == (row["user"], row["client"]), f"{row['name']}'s chain")
        ask(_refused(chain, h(row["signatureKey"]), root, frozenset([row["serial"]])), f"{row['name']}, revoked")
    for row in given["invalid"]:
        chain = [h(der) for der in row["certificates"]]
        ask(_refused(chain, h(row["signatureKey"]), root), row["wrong"])


def _refused(*chain) -> bool:
    try:
        verified(*chain)
        return False
    except NotBelieved:
        return True


def queue_references() -> None:
    given = vectors("queueReferences")
    for row in given["references"]:
        key = h(given["recipient"]["privateKey"])
        ask(queue_of(h(row["extension"]), h(row["signatureKey"]), key) == row["queue"], row["queue"])


def key_packages() -> None:
    given = vectors("keyPackages")
    recipient = h(vectors("queueReferences")["recipient"]["privateKey"])
    root = h(vectors("registration")["authority"]["root"])
    ours = [row for row in given["keyPackages"] if row["cipherSuite"] == 1]
    for row in ours:
        message = h(row["message"])
        read = read_key_package(message)
        ask(read["key"] == h(row["signatureKey"]), "a signature key")
        ask([der.hex() for der in read["certificates"]] == row["certificates"], "certificates")
        ask(verified(read["certificates"], read["key"], root)[1] == row["client"], "the client of a KeyPackage")
        ask(key_package_ref(message) == h(row["ref"]), "a KeyPackageRef")
        ask((LAST_RESORT in read["own"]) == row["lastResort"], "last resort")
        ask(queue_of(read["leaf"][QUEUE_REFERENCE], read["key"], recipient) == row["queue"], "the queue of a leaf")
        ask(_forged(message), "a forged KeyPackage")


def _forged(message: bytes) -> bool:
    try:
        read_key_package(message[:-1] + bytes([message[-1] ^ 1]))
        return False
    except InvalidSignature:
        return True


def letters() -> None:
    given = vectors("letters")
    to, sender = given["to"], given["from"]
    entry = json.loads(h(given["ciphertext"]))["to"][to["client"]]
    enc, ciphertext = (from_base64url(entry[name]["$bytes"]) for name in ("enc", "ciphertext"))
    info = b"mls-homeserver contact 1"
    letter = json.loads(unseal(h(to["x25519PrivateKey"]), enc, info, to["client"].encode(), ciphertext))
    key = from_base64url(letter["key"]["$bytes"])
    claims = json.loads(from_base64url(letter["jws"].split(".")[1]))
    certificates = [from_base64url(der["$bytes"]) for der in letter["certificates"]]
    root = h(vectors("registration")["authority"]["root"])
    ask(key == h(sender["signatureKey"]) and _signed("Ed25519", key, letter["jws"]), "the letter's signature")
    ask(verified(certificates, key, root) == (sender["user"], sender["client"]), "the letter's sender")
    ask((claims["from"], claims["to"]) == (sender["user"], to["user"]), "whom the letter is from and to")
    ask(claims["text"] == given["text"], "the letter's text")


def profile() -> None:
    given = vectors("profile")
    sealed = h(given["sealed"])
    opened = AESGCM(h(given["key"])).decrypt(sealed[:12], sealed[12:], given["group"].encode())
    ask(opened == h(given["profile"]), "the profile")
    ask(h(given["keyMessage"]["authenticatedData"]) == b"mls-homeserver profile key 1", "what tells a profile's key")


def signals() -> None:
    given = vectors("signals")
    key = signal.sender_key(h(given["exporterSecret"]), given["leafIndex"])
    ask((given["kind"], h(given["data"])) == signal.content(h(given["plaintext"])), "what a signal says")
    opened = signal.opened(key, h(given["signatureKey"]), given["group"].encode(), 0, 0, h(given["signal"]))
    ask(opened == h(given["plaintext"]), "a signal that opens")
    sealed = AESGCM(key).encrypt(h(given["nonce"]), h(given["plaintext"]), signal.context(given["group"].encode(), 0, 0))
    ask(sealed in h(given["signal"]), "how a signal is sealed")
    for row in given["invalid"]:
        ask(signal.opened(key, h(given["signatureKey"]), given["group"].encode(), 0, 0, h(row["signal"])) is None, row["wrong"])


def franks() -> None:
    given = vectors("franks")
    salt, body, tag = h(given["salt"]), h(given["content"]), h(given["tag"])
    ask(body[:2] == b"\x87\x50" and body[2:18] == salt, "where the salt stands")
    ask(frank.tag(salt, body) == tag, "the tag of a content")
    ask(frank.tag_in(h(given["authenticatedData"])) == tag, "what stands beside a message")
    ask(frank.tag_in(h(given["authenticatedData"])[1:]) is None, "what is no tag")
    keys = {row["version"]: h(row["key"]) for row in given["keys"]}
    said = {"sender": given["sender"], "group": given["group"], "at": given["at"]}
    for row in given["franks"]:
        ask(frank.stamped(row["version"], keys[row["version"]], tag, **{**said, "at": row["at"]}) == h(row["frank"]), "a frank")
    for row in given["others"]:
        other = {**said, **{name: row[name] for name in said if name in row}}
        ask(frank.stamped(2, keys[2], tag, **other) == h(row["frank"]) != h(given["frank"]), "a frank of something else")


def contents() -> None:
    given = vectors("content")
    sender, room = given["sender"], given["room"]
    for row in given["contents"]:
        decoded = content.decode(h(row["bytes"]))
        ask(_told(decoded) == _fields(row["fields"]), row["name"])
        ask(content.message_id(sender, room, h(row["bytes"]), decoded[0]) == h(row["messageId"]), f"the id of {row['name']}")
    for row in given["plain"]:
        salt = h(row["mlsMessageDigest"])
        ask(content.message_id(sender, room, h(row["bytes"]), salt) == h(row["messageId"]), "the id of plain text")


def assets() -> None:
    given = vectors("assets")
    key = h(given["key"])
    ask(asset.capability(key) == h(given["capability"]), "the capability of an asset")
    ask(sha256(h(given["capability"])).digest() == h(given["capabilityHash"]), "the hash of a capability")
    for row in given["files"]:
        plaintext = bytes(n % 251 for n in range(row["size"]))
        sealed = asset.seal(key, plaintext)
        ask(len(sealed) == row["sealedSize"], "how long a file is encrypted")
        ask(sha256(sealed).digest() == h(row["digest"]), f"a file of {row['size']} bytes, encrypted")
        ask(row["sealed"] is None or h(row["sealed"]) == sealed, "the bytes of an encrypted file")
        ask(asset.open_sealed(key, len(plaintext), sealed) == plaintext, "a file that opens")
    for row in given["invalid"]:
        ask(asset.open_sealed(key, row["size"], h(row["sealed"])) is None, row["wrong"])


def revocations() -> None:
    given = vectors("federation")["revocations"]
    root = from_base64url(given["root"])
    for row in given["pages"]:
        ask(pages.content(given["domain"], row["page"]) == row["signed"].encode(), f"what is signed: {row['name']}")
        ask(pages.believed(given["domain"], row["page"], root), f"a page of revocations: {row['name']}")
    for row in given["refused"]:
        ask(not pages.believed(row["domain"], row["page"], root), row["wrong"])


def _fields(fields: dict) -> list:
    return [fields[name] for name in ("salt", "replaces", "topicId", "expires", "inReplyTo", "extensions", "body")]


def _told(value):
    """As content.json tells it: bytes in hex, keys as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_told(member) for member in value]
    return {str(key): member for key, member in value.items()} if isinstance(value, dict) else value


CHECKS = (ids, assertions, registration, queue_references, key_packages, group, websocket, letters, profile, contents, assets)
for check in (*CHECKS, signals, franks, revocations):
    check()
print(f"{count()} checks of docs/vectors hold")
