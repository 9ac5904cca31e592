"""What the worker does for messages."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import advance, handles
from huzhu.apps.messages import services
from huzhu.apps.messages.models import Delivery


@handles("messages.deliver")
def deliver(job: Job, at: dt.datetime) -> bool:
    """One try of one delivery. Killed between the gateway and the note it is tried again, with the same key."""
    delivery = (
        Delivery.objects.select_related("message")
        .filter(pk=job.arguments["delivery"], state=Delivery.State.QUEUED)
        .first()
    )
    if delivery is not None:
        fault = services.attempt(delivery=delivery)
        with transaction.atomic():
            services.note(delivery=delivery, fault=fault, at=at)
            advance(job=job, at=at, cursor={}, done=1)
    return False
