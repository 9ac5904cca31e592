"""Reading the record. Rights are checked by the page that shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from huzhu.apps.audit.models import Entry
from huzhu.apps.audit.services import SYSTEM
from huzhu.ui.words import say


def entries(
    *,
    paths: Sequence[str],
    act: str = "",
    actor: str = "",
    about: str = "",
    words: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[Entry]:
    """Entries of the subtrees whose paths are given ("" is the whole union), newest first; each filter narrows."""
    reach = Q()
    for path in paths:
        reach |= Q(path__startswith=path) if path else Q(sequence__gt=0)
    found = Entry.objects.filter(reach) if paths else Entry.objects.none()
    if act:
        found = found.filter(act=act)
    if actor:
        found = found.filter(actor=actor)
    if about:
        found = found.filter(about=about)
    if words:
        found = found.filter(Q(zh__icontains=words) | Q(en__icontains=words))
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    return found.order_by("-sequence")


def who(*, entry: Entry) -> str:
    """Who did it, for a page: the name as it was kept, and the system in the reader's language."""
    is_system = not entry.actor and entry.actor_name == SYSTEM.zh
    return say(SYSTEM) if is_system else entry.actor_name
