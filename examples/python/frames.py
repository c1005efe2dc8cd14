"""Frames of the websocket (docs/wire.md, Websocket): what a client may say, what it is told, and cursors."""
import json
import re

from encoding import base64url, from_base64url, uint
from mimi_uri import kind_of

NAME = re.compile(r"[\x21-\x7e]{1,128}")
CURSOR = re.compile(r"([A-Za-z0-9_-]+)\.([0-9a-z]+)(?:\.[0-9]+)?")
SUBPROTOCOLS = ["mls-homeserver.1", "bearer.<token>"]
CLOSE_CODES = {1001, 1011, 4401, 4408, 4409, 4413, 4429}

# The fields that a frame must have, and those that it may have.
FROM_CLIENT = {
    "open": (set(), {"token", "queue", "after"}),
    "acknowledge": ({"queue", "upTo"}, set()),
    "send": ({"id", "group", "message"}, {"confirmedTranscriptHash"}),
    "token": ({"token"}, set()),
}
FROM_SERVER = {
    "opened": {"queue", "after", "acknowledged"},
    "item": {"queue", "item"},
    "queueEmpty": {"queue", "position"},
    "accepted": {"id", "position", "serverTime"},
    "refused": {"id", "problem"},
    "displaced": {"queue"},
    "error": {"problem"},
}


class Malformed(ValueError):
    pass


def _is_bytes(text: str) -> bool:
    try:
        return base64url(from_base64url(text)) == text != ""
    except ValueError:
        return False


FORMS = {
    "token": lambda text: text != "",
    "queue": lambda text: kind_of(text) == "queue",
    "group": lambda text: kind_of(text) == "group",
    "after": lambda text: CURSOR.fullmatch(text) is not None,
    "upTo": lambda text: CURSOR.fullmatch(text) is not None,
    "id": lambda text: NAME.fullmatch(text) is not None,
    "message": _is_bytes,
    "confirmedTranscriptHash": _is_bytes,
}


def from_client(text: str) -> dict:
    """Throws Malformed: unknown fields are."""
    try:
        frame = json.loads(text)
    except ValueError as error:
        raise Malformed("not JSON") from error
    if not isinstance(frame, dict) or frame.get("type") not in FROM_CLIENT:
        raise Malformed("no frame of a client")
    must, may = FROM_CLIENT[frame["type"]]
    fields = {name: value for name, value in frame.items() if name != "type"}
    if not must <= fields.keys() <= must | may:
        raise Malformed("fields are missing or unknown")
    if not all(isinstance(value, str) and FORMS[name](value) for name, value in fields.items()):
        raise Malformed("a field of another form")
    return frame


def from_server(text: str) -> dict:
    """A client passes over types and fields that it does not know; those that it knows are all there."""
    frame = json.loads(text)
    if not FROM_SERVER.get(frame["type"], set()) <= frame.keys():
        raise Malformed("fields are missing")
    return frame


def binary_send(name: str, message: bytes) -> bytes:
    return uint(1, len(name)) + name.encode("ascii") + message


def read_binary_send(frame: bytes) -> tuple[str, bytes]:
    size = frame[0] if frame else 0
    name, message = frame[1 : 1 + size].decode("ascii", "replace"), frame[1 + size :]
    if len(name) != size or NAME.fullmatch(name) is None or message == b"":
        raise Malformed("no send")
    return name, message


def place(cursor: str) -> tuple[str, int]:
    """The log, and a place that grows along it and is compared within it alone."""
    log, at = CURSOR.fullmatch(cursor).groups()
    return log, int(at, 36)
