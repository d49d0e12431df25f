"""The signature at the end of a module: where it begins and whether it is one (kernel/module_signature.c)."""

from __future__ import annotations

import dataclasses
import struct

from lab.symbols.bulk import signed
from lab.symbols.bulk.source import SIGNED, Data

__all__ = ["Trailer", "read_trailer"]

ENTRY = struct.Struct(">BBBBB3sI")  # algo, hash, id_type, signer_len, key_id_len, padding, sig_len
PKCS7 = 2
SEQUENCE = 0x30  # what the PKCS#7 message is in DER


@dataclasses.dataclass(frozen=True, slots=True)
class Trailer:
    """`signed`: the marker is there. `damage`: why mod_check_sig() takes it for broken, "" if it does not.

    `crypto`: False for a kind of signature that the kernel does not know. `length`: bytes of the module without it.
    """

    signed: bool
    damage: str
    crypto: bool
    length: int


def read_trailer(data: Data) -> Trailer:
    """What mod_verify_sig() (kernel/module/signing.c, v6.1 to 6.17) sees before it asks for a key."""
    if not signed(data):
        return Trailer(False, "", True, len(data))
    end = len(data) - len(SIGNED)
    if end <= ENTRY.size:
        return Trailer(True, f"nothing but {end} bytes before its marker", True, end)
    algorithm, digest, kind, signer, key, padding, size = ENTRY.unpack(bytes(data[end - ENTRY.size : end]))
    start = end - ENTRY.size - size
    if start <= 0:
        return Trailer(True, f"claims a signature of {size:,} bytes in a file of {len(data):,}", True, end)
    if kind != PKCS7:
        return Trailer(True, "", False, end)  # ENOPKG comes before the length is taken off
    if algorithm or digest or signer or key or padding != b"\0\0\0":
        return Trailer(True, "its description has fields set that must be zero", True, end)
    if not _is_message(bytes(data[start : start + 6]), size):
        return Trailer(True, f"its {size:,} bytes are no PKCS#7 message", True, start)
    return Trailer(True, "", True, start)


def _is_message(head: bytes, size: int) -> bool:
    """Whether a DER sequence of `size` bytes begins here (X.690, 8.1.3)."""
    if len(head) < 2 or head[0] != SEQUENCE:
        return False
    if head[1] < 0x80:
        return head[1] + 2 == size
    count = head[1] & 0x7F
    return 0 < count <= 4 and int.from_bytes(head[2 : 2 + count], "big") + 2 + count == size
