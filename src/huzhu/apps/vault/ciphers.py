"""Sealing a text to its place. Pure: keys, bytes and places in, bytes out.

A sealed text is one byte that names its key, a nonce of 12 bytes that is never used twice, and the ciphertext with its tag. What the
key's number stands for (key and algorithm) is in the ring, so another algorithm, such as SM4, comes as another number.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES, TAG_BYTES, INDEX_BYTES = 12, 16, 16
KEY_BYTES = {"aes256gcm": 32, "sm4gcm": 16}


class BadKey(ValueError):
    """The ring is written wrongly, or lacks the key that something was sealed with."""


class Tampered(Exception):
    """What is stored was not sealed for this place, or has been changed since."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it is for; never shown."""

    number: int
    algorithm: str
    secret: bytes

    def __repr__(self) -> str:
        return f"<Key {self.number} {self.algorithm}>"

    def seal(self, clear: bytes, place: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return bytes([self.number]) + nonce + self.encrypt(nonce, clear, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Raises InvalidTag where it was not sealed with this key for this place."""
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if self.algorithm == "aes256gcm":
            return AESGCM(self.secret).decrypt(nonce, rest, place)
        body, tag = rest[:-TAG_BYTES], rest[-TAG_BYTES:]
        cipher = Cipher(algorithms.SM4(self.secret), modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(place)
        return cipher.update(body) + cipher.finalize()

    def encrypt(self, nonce: bytes, clear: bytes, place: bytes) -> bytes:
        """Ciphertext and tag. Whoever calls answers for the nonce: this key must never have used it before."""
        if self.algorithm == "aes256gcm":
            return AESGCM(self.secret).encrypt(nonce, clear, place)
        cipher = Cipher(algorithms.SM4(self.secret), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(place)
        return cipher.update(clear) + cipher.finalize() + cipher.tag


@dataclass(frozen=True)
class Ring:
    """The keys a site has. The one with the last place in the list seals; all of them open."""

    keys: Mapping[int, Key]
    current: int
    index_key: bytes

    @classmethod
    def of(cls, keys: str, index_key: str) -> Ring:
        """From the settings: `number:algorithm:base64` separated by commas, and the key of the blind index."""
        found: dict[int, Key] = {}
        for part in filter(None, (word.strip() for word in keys.split(","))):
            number, algorithm, secret = _parts(part)
            if number in found:
                raise BadKey(f"key {number} stands there twice")
            if len(secret) != KEY_BYTES[algorithm]:
                raise BadKey(f"key {number}: {algorithm} takes {KEY_BYTES[algorithm]} bytes, not {len(secret)}")
            found[number] = Key(number, algorithm, secret)
        if not found:
            raise BadKey("HUZHU_KEYS is empty: `huzhu keys new` makes a key")
        index = _bytes(index_key)
        if len(index) < 32:
            raise BadKey("HUZHU_INDEX_KEY takes at least 32 bytes")
        return cls(found, list(found)[-1], index)

    @cached_property
    def sealing(self) -> Key:
        return self.keys[self.current]

    def seal(self, clear: str, *, place: str) -> bytes:
        return self.sealing.seal(clear.encode(), place.encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """Raises Tampered, or BadKey where the ring lacks the key."""
        key = self.keys.get(sealed[0]) if sealed else None
        if key is None:
            raise BadKey(f"{place} was sealed with key {sealed[0] if sealed else '?'}, which HUZHU_KEYS does not hold")
        try:
            return key.open(sealed, place.encode()).decode()
        except (InvalidTag, ValueError):
            raise Tampered(f"{place}: what is stored was not sealed for this place, or has been changed") from None

    def index(self, clear: str, *, purpose: str) -> bytes:
        """The same 16 bytes for the same text and purpose: to find and to keep apart, not to read."""
        return hmac.digest(self.index_key, f"{purpose}\0{clear}".encode(), hashlib.sha256)[:INDEX_BYTES]


def new_key(number: int, algorithm: str = "aes256gcm") -> str:
    """A fresh key in the form the settings take."""
    return f"{number}:{algorithm}:{base64.b64encode(os.urandom(KEY_BYTES[algorithm])).decode()}"


def new_index_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _parts(words: str) -> tuple[int, str, bytes]:
    number, _, rest = words.partition(":")
    algorithm, _, secret = rest.partition(":")
    if not number.isdecimal() or not 1 <= int(number) <= 255 or algorithm not in KEY_BYTES:
        raise BadKey("a key is number:algorithm:base64, number 1 to 255, algorithm " + " or ".join(KEY_BYTES))
    return int(number), algorithm, _bytes(secret)


def _bytes(words: str) -> bytes:
    try:
        return bytes.fromhex(words[4:]) if words.startswith("hex:") else base64.b64decode(words, validate=True)
    except ValueError:
        raise BadKey("a key is written in base64") from None
