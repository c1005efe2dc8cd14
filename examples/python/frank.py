"""Reports (docs/wire.md): the tag beside a message, and what its hub makes of it."""
import hmac

from encoding import uint

MARK = b"mls-homeserver frank 1"


def tag(salt: bytes, content: bytes) -> bytes:
    return hmac.digest(salt, content, "sha256")


def tag_in(authenticated_data: bytes) -> bytes | None:
    """The tag beside a message; None where it has none."""
    found = authenticated_data.removeprefix(MARK)
    return found if found != authenticated_data and len(found) == 32 else None


def stamped(version: int, key: bytes, of: bytes, sender: str, group: str, at: int) -> bytes:
    """As the hub of the group makes it, for itself alone."""
    parts = (of, sender.encode(), group.encode(), uint(8, at))
    return uint(1, version) + hmac.digest(key, b"".join(uint(2, len(part)) + part for part in parts), "sha256")
