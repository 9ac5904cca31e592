"""How people are found by number without the number being kept: one keyed index for members, rosters and registers alike."""

from __future__ import annotations

import hashlib

from huzhu.apps.vault.fields import index_of

IDENTITY, IDENTITY_HASH, PHONE = "people.identity", "people.identity_hash", "people.phone"


def identity_index(*, number: str) -> bytes:
    return index_of(number, purpose=IDENTITY)


def identity_hash_index(*, digest: str) -> bytes:
    """For registers that give only the SHA-256 of a number, in lower-case hexadecimal. A bare one is soon guessed, so it is not kept."""
    return index_of(digest, purpose=IDENTITY_HASH)


def hash_index_of(*, number: str) -> bytes:
    """What `identity_hash_index` gives for a register that has this number."""
    return identity_hash_index(digest=hashlib.sha256(number.encode()).hexdigest())


def phone_index(*, phone: str) -> bytes:
    return index_of(phone, purpose=PHONE)
