"""Bytes as RFC 9420 and the homeserver's JSON write them."""
from base64 import urlsafe_b64decode, urlsafe_b64encode


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def uint(size: int, value: int) -> bytes:
    return value.to_bytes(size, "big")


def vector(data: bytes) -> bytes:
    """`opaque data<V>`: a length of one, two or four bytes, then the data (RFC 9420 §2.1.2)."""
    for bits, size in ((6, 1), (14, 2), (30, 4)):
        if len(data) < 1 << bits:
            return uint(size, len(data) | (size.bit_length() - 1) << (8 * size - 2)) + data
    raise ValueError("too long for a vector")


class Reader:
    """Reads the same back, to the last byte."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise ValueError("ends too soon")
        self.at += size
        return self.data[self.at - size : self.at]

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        size = 1 << (self.data[self.at] >> 6)
        return self.take(self.uint(size) & ((1 << (8 * size - 2)) - 1))

    def vectors(self) -> list[bytes]:
        inner, found = Reader(self.vector()), []
        while inner.at < len(inner.data):
            found.append(inner.vector())
        return found

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError("bytes are left over")
