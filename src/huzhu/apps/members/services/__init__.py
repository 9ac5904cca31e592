"""Everything that changes what is known of members. Other apps come in here."""

from __future__ import annotations

from huzhu.apps.members.services.applying import Application, Joined, apply, next_numbers
from huzhu.apps.members.services.correcting import correct, decide_correction
from huzhu.apps.members.services.deciding import approve, decide_second, record_resolution, refuse, transfer, verify
from huzhu.apps.members.services.desk import (
    allow_export,
    ask_export,
    delete_view,
    download,
    new_poster,
    poster_of,
    refuse_export,
    reveal,
    save_view,
    set_target,
)
from huzhu.apps.members.services.leaving import erase, export_own, leave, rejoin, withdraw_application, withdraw_consent

__all__ = [
    "Application",
    "Joined",
    "allow_export",
    "apply",
    "approve",
    "ask_export",
    "correct",
    "decide_correction",
    "decide_second",
    "delete_view",
    "download",
    "erase",
    "export_own",
    "leave",
    "new_poster",
    "next_numbers",
    "poster_of",
    "record_resolution",
    "refuse",
    "refuse_export",
    "rejoin",
    "reveal",
    "save_view",
    "set_target",
    "transfer",
    "verify",
    "withdraw_application",
    "withdraw_consent",
]
