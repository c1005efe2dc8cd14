"""Application content: MIMI content in deterministic CBOR (docs/wire.md, Application content)."""
from hashlib import sha256
from os import urandom

from encoding import uint

PLAIN = "text/plain;charset=utf-8"


def text_content(sender: str, room: str, text: str, in_reply_to: bytes | None = None) -> bytes:
    body = [1, "", 1, PLAIN, text.encode()]
    return encode([urandom(16), None, b"", None, in_reply_to, {1: sender, 2: room}, body])


def message_id(sender: str, room: str, content: bytes, salt: bytes) -> bytes:
    uris = b"".join(uint(2, len(uri)) + uri for uri in (sender.encode(), room.encode()))
    return b"\x01" + sha256(uris + content + salt).digest()[:31]


def encode(value) -> bytes:
    """RFC 8949 §4.2.1: every length in its shortest form, keys in the order of their bytes."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    pairs = sorted((encode(key), encode(member)) for key, member in value.items())
    return _head(5, len(pairs)) + b"".join(key + member for key, member in pairs)


def decode(data: bytes):
    """Throws ValueError for what is not deterministic: it would not be encoded so."""
    value, end = _value(data, 0)
    if end != len(data) or encode(value) != data:
        raise ValueError("no deterministic CBOR")
    return value


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return uint(1, major << 5 | value)
    size = next(n for n in (1, 2, 4, 8) if value < 1 << 8 * n)
    return uint(1, major << 5 | 23 + size.bit_length()) + uint(size, value)


def _value(data: bytes, at: int):
    major, value, at = _read_head(data, at)
    if major in (0, 1):
        return (value if major == 0 else -1 - value), at
    if major in (2, 3):
        taken = data[at : at + value]
        if len(taken) < value:
            raise ValueError("ends too soon")
        return (taken if major == 2 else taken.decode()), at + value
    if major == 4:
        return _values(data, at, value)
    if major == 5:
        members, at = _values(data, at, 2 * value)
        return dict(zip(members[::2], members[1::2])), at
    if major == 7 and value in (20, 21, 22):
        return {20: False, 21: True, 22: None}[value], at
    raise ValueError("a tag or another simple value")


def _values(data: bytes, at: int, count: int) -> tuple[list, int]:
    values = []
    for _ in range(count):
        value, at = _value(data, at)
        values.append(value)
    return values, at


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        raise ValueError("ends too soon")
    major, value, at = data[at] >> 5, data[at] & 31, at + 1
    if value < 24:
        return major, value, at
    if value > 27:
        raise ValueError("of indefinite length")
    size = 1 << value - 24
    return major, int.from_bytes(data[at : at + size], "big"), at + size
