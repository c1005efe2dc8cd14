"""A client of a user: registered, with KeyPackages and its two queues (docs/wire.md, from nothing to the first message)."""
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certificates import verified
from encoding import base64url, from_base64url
from identity import certification_request, token
from mls import key_package, key_package_ref, leaf_node, read_key_package
from queue_reference import queue_reference
from server import Server, segment


class Account:
    def __init__(self, server: Server, handle: str):
        self.server, self.handle = server, handle
        self.key, self.queue_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        authority = server.call("GET", "/v1/authority")
        self.root = from_base64url(authority["root"])  # kept: another one is never believed
        self._register()
        self._make_queue()

    def _register(self) -> None:
        ids = self.server.call("POST", "/v1/ids", {})
        self.user, self.client = ids["user"], ids["client"]
        csr = certification_request(self.key, self.user, self.client)
        answer = self.server.call("POST", "/v1/users", {**ids, "handle": self.handle, "csr": base64url(csr)})
        self.direct_queue = answer["directQueue"]
        self.certificates = [from_base64url(der) for der in answer["certificates"]]
        if verified(self.certificates, self.public_key(), self.root) != (self.user, self.client):
            raise ValueError("these certificates are somebody else's")
        self.token = token(self.server, self.key, self.client)

    def _make_queue(self) -> None:
        """With a key of its own: nothing at the homeserver joins it to the client."""
        public_key = base64url(self.queue_key.public_key().public_bytes_raw())
        body = {"algorithm": "Ed25519", "publicKey": public_key}
        self.queue = self.server.call("POST", "/v1/queues", body, self.token)["queue"]
        self.queue_token = token(self.server, self.queue_key, self.queue)

    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def leaf(self) -> bytes:
        """A new one each time, its queue reference sealed anew."""
        to = self.server.call("GET", "/v1/queueKey")
        key_id, public_key = from_base64url(to["keyId"]), from_base64url(to["publicKey"])
        reference = queue_reference(self.queue, self.public_key(), to["domain"], key_id, public_key)
        return leaf_node(self.key, self.certificates, reference)

    def publish(self, count: int) -> None:
        """`count` KeyPackages and a last-resort one."""
        messages = [key_package(self.key, self.leaf(), last_resort=n == count) for n in range(count + 1)]
        answer = self.server.call("POST", "/v1/keyPackages", b"".join(messages), self.token)
        if [from_base64url(ref) for ref in answer["refs"]] != [key_package_ref(message) for message in messages]:
            raise ValueError("the homeserver counts other KeyPackages than ours")

    def find(self, handle: str) -> str:
        """The user with that handle."""
        found = self.server.call("GET", f"/v1/directory?handle={handle}", token=self.token)["users"]
        return found[0]["user"]

    def claim(self, user: str) -> list[bytes]:
        """A KeyPackage of each client of a user, verified: of the clients it is said to be of, under our root, not revoked."""
        answer = self.server.call("POST", f"/v1/users/{segment(user)}/keyPackages/claim", {"cipherSuite": 1}, self.token)
        revoked, claimed = self._revoked(), []
        for row in answer["keyPackages"]:
            claimed.append(from_base64url(row["keyPackage"]))
            leaf = read_key_package(claimed[-1])
            if verified(leaf["certificates"], leaf["key"], self.root, revoked) != (user, row["client"]):
                raise ValueError("a KeyPackage of somebody else")
        return claimed

    def _revoked(self) -> frozenset[str]:
        """A client keeps the last cursor, and reads on from there."""
        serials, cursor = set(), ""
        while True:
            page = self.server.call("GET", "/v1/revocations" + cursor)
            serials.update(row["serial"] for row in page["revoked"])
            if "next" not in page:
                return frozenset(serials)
            cursor = "?cursor=" + segment(page["next"])
