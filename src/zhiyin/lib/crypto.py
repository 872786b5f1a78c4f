"""Fields at rest: AES-256-GCM with a key id, bound to table, column and row; keyed hashes to find by.

A ciphertext moved to another row, column or table does not open (its associated data no longer fits), and a stolen
table of hashes gives nothing to guess against without the key.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HASH_BLOCK = 64  # bytes that SHA-256 reads at a time


class Unreadable(Exception):
    """The ciphertext was moved, cut or written with a key that is not here."""


class Place(NamedTuple):
    """Where a value lives. Part of what is authenticated."""

    table: str
    column: str
    row: int

    def associated(self) -> bytes:
        return f"{self.table}|{self.column}|{self.row}".encode()


@dataclass
class Vault:
    """Seals and opens with a ring of keys; the first key seals, every key opens."""

    keys: Sequence[tuple[str, bytes]]
    _ciphers: dict[str, AESGCM] = field(init=False)
    # HMAC's two hashes, each having read its key: to copy them takes a third of what beginning anew does.
    _hash_inner: "hashlib._Hash" = field(init=False)
    _hash_outer: "hashlib._Hash" = field(init=False)

    def __post_init__(self) -> None:
        self._ciphers = {name: AESGCM(_derived(key, b"zhiyin field")) for name, key in self.keys}
        # The hash key hangs on the last key of the ring, the oldest one: rotating must not lose what is found by hash.
        key = _derived(self.keys[-1][1], b"zhiyin blind index").ljust(HASH_BLOCK, b"\0")
        self._hash_inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._hash_outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def seal(self, text: str, *, place: Place) -> bytes:
        """``key id length | key id | 12-byte nonce | ciphertext and tag``."""
        name = self.keys[0][0]
        nonce = os.urandom(12)
        sealed = self._ciphers[name].encrypt(nonce, text.encode(), place.associated())
        return bytes([len(name)]) + name.encode() + nonce + sealed

    def seal_many(self, texts: Sequence[tuple[int, str]], *, table: str, column: str) -> list[bytes]:
        """The same for many rows ``(row, text)`` of one column: what is alike is spelled once, and the system is asked
        for randomness once."""
        name = self.keys[0][0]
        encrypt, head = self._ciphers[name].encrypt, bytes([len(name)]) + name.encode()
        where = f"{table}|{column}|".encode()
        noise = os.urandom(12 * len(texts))
        sealed = []
        for place, (row, text) in enumerate(texts):
            nonce = noise[12 * place : 12 * place + 12]
            sealed.append(head + nonce + encrypt(nonce, text.encode(), where + b"%d" % row))
        return sealed

    def open(self, blob: bytes, *, place: Place) -> str:
        """The text. Raises Unreadable, never a half answer."""
        name, nonce, sealed = _parts(blob)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise Unreadable(f"no key with the id {name!r} is configured")
        try:
            plain = cipher.decrypt(nonce, sealed, place.associated())
        except (InvalidTag, ValueError) as broken:  # ValueError: too short to hold a nonce
            raise Unreadable(f"{place.table}.{place.column} of row {place.row} was altered or moved") from broken
        return plain.decode()

    def key_id(self, blob: bytes) -> str:
        """Which key sealed this: what a rotation looks for."""
        return _parts(blob)[0]

    def find(self, kind: str, value: str) -> bytes:
        """A keyed hash (HMAC-SHA-256) to look a value up by; ``kind`` keeps a phone and an e-mail apart."""
        inner, outer = self._hash_inner.copy(), self._hash_outer.copy()
        inner.update(f"{kind}\0{value}".encode())
        outer.update(inner.digest())
        return outer.digest()


def _parts(blob: bytes) -> tuple[str, bytes, bytes]:
    """Key id, nonce, ciphertext with tag. What was cut short comes out as something that will not open."""
    end = 1 + blob[0] if blob else 0
    return blob[1:end].decode("ascii", "replace"), blob[end : end + 12], blob[end + 12 :]


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def digest(data: bytes) -> bytes:
    """SHA-256, for comparing bodies."""
    return hashlib.sha256(data).digest()
