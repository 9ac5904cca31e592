"""Reading messages: one's own, and in the demonstration what a console would have sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from huzhu.apps.messages.models import Delivery, Message
from huzhu.apps.unions.models import User
from huzhu.ui.refusals import NotFound


def inbox(*, of: User) -> QuerySet[Message]:
    """Newest first."""
    return Message.objects.filter(recipient=of).order_by("-created_at", "-pk")


def unread_count(*, of: User | AnonymousUser) -> int:
    """For the navigation."""
    return Message.objects.filter(recipient=of, read_at=None).count() if isinstance(of, User) else 0


def access_message(*, by: User, id: uuid.UUID) -> Message:  # noqa: A002  the thing's own name for it
    """A message of one's own. Raises NotFound."""
    found = Message.objects.filter(recipient=by, pk=id).first()
    if found is None:
        raise NotFound
    return found


def console(*, most: int = 30) -> list[Delivery]:
    """What the console would have sent, newest first. Raises NotFound outside the demonstration."""
    if not settings.HUZHU_DEMO:
        raise NotFound
    shown = Delivery.objects.filter(is_console=True, state=Delivery.State.SENT, text__isnull=False)
    return list(shown.order_by("-created_at")[:most])
