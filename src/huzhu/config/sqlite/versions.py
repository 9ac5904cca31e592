"""Which versions of SQLite can be trusted with a database that several processes write.

From 3.7.0 to 3.51.2 a checkpoint that races a commit can corrupt a WAL database: https://sqlite.org/wal.html#walresetbug
"""

from __future__ import annotations

SOUND_SINCE = (3, 51, 3)
# The repair was carried back to these lines.
MENDED = {(3, 44): 6, (3, 50): 7}

Version = tuple[int, int, int]


def is_sound(version: Version) -> bool:
    return version >= SOUND_SINCE or version[2] >= MENDED.get(version[:2], 1 << 30)
