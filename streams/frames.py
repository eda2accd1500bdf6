"""Records in files: each with its length and a checksum before it, so that damage shows."""

import struct
from typing import Final

import xxhash

HEADER: Final = struct.Struct("<II")  # length and xxh32 of the record


def framed(value: bytes) -> bytes:
    """A record as it is written."""
    return HEADER.pack(len(value), xxhash.xxh32_intdigest(value)) + value


def is_whole(value: bytes, length: int, checksum: int) -> bool:
    """Whether what was read is the record that its header speaks of."""
    return len(value) == length and xxhash.xxh32_intdigest(value) == checksum
