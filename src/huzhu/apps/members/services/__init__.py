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
from huzhu.apps.members.services.tallying import Place, place_of, recount, tally, wrong

__all__ = [
    "Application",
    "Joined",
    "Place",
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
    "place_of",
    "poster_of",
    "record_resolution",
    "recount",
    "refuse",
    "refuse_export",
    "rejoin",
    "reveal",
    "save_view",
    "set_target",
    "tally",
    "transfer",
    "verify",
    "withdraw_application",
    "withdraw_consent",
    "wrong",
]
