"""Tags and filters of Huzhu's pages: words in two languages, fields, notices, amounts, days and counts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Textarea
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from huzhu.ui.formats import (
    amount,
    amount_in_capitals,
    amount_in_words,
    day_in_words,
    masked,
    moment_in_words,
    share_percent,
)
from huzhu.ui.numbers import without_numbers
from huzhu.ui.words import language
from huzhu.ui.words import t as words

register = template.Library()

TONES = ("info", "good", "warn", "bad")
TONE_WORDS = {
    "info": words("说明", "Note"),
    "good": words("办好了", "Done"),
    "warn": words("请留意", "Please note"),
    "bad": words("没有办成", "Not done"),
}
# Django's levels of messages.
LEVELS = {"debug": "info", "info": "info", "success": "good", "warning": "warn", "error": "bad"}
# What a browser or a phone can fill in by itself, by the usual names of fields.
AUTOCOMPLETE = {
    "name": "name",
    "phone": "tel",
    "email": "email",
    "code": "one-time-code",
    "username": "username",
    "address": "street-address",
}
INPUTMODE = {"phone": "tel", "email": "email", "code": "numeric", "number": "numeric", "url": "url"}
FIELD_TEMPLATE = "ui/field.html"


@register.simple_tag
def t(zh: str, en: str, **values: Any) -> str:
    """Both texts stand in the template; numbers come with thousands separated and days written out."""
    return words(zh, en, **{name: _said(value) for name, value in values.items()})


def _said(value: Any) -> Any:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return day_in_words(value, lang=language()) if is_day else count(value)


@register.filter
def count(value: Any) -> Any:
    """12345 is 12,345; what is no whole number stays as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


@register.filter
def percent(per_mille: int) -> str:
    """623 per mille are 62.3%."""
    return f"{'−' if per_mille < 0 else ''}{abs(per_mille) // 10}.{abs(per_mille) % 10}%"


@register.simple_tag
def share(part: int, whole: int) -> str:
    found = share_percent(part=part, whole=whole)
    return "–" if found is None else f"{found}%"


@register.simple_tag
def money(fen: Any, style: str = "sign") -> SafeString | str:
    """`sign` ¥1,234.50, `words` 1,234.50 元, `capitals` the form of receipts (Chinese only; words in English)."""
    if fen is None:
        return "–"
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError(f"money is whole fen, not {fen!r}")
    lang = language()
    if style == "sign":
        return format_html('<span class="figure">{}</span>', amount(fen))
    if style == "capitals" and lang == "zh":
        return amount_in_capitals(fen)
    return format_html('<span class="figure">{}</span>', amount_in_words(fen, lang=lang))


@register.simple_tag
def on_date(on: dt.date | None) -> SafeString | str:
    if on is None:
        return "–"
    if isinstance(on, dt.datetime):
        raise TypeError("on_date takes a date; a moment has its own tag")
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), day_in_words(on, lang=language()))


@register.simple_tag
def moment(at: dt.datetime | None) -> SafeString | str:
    """An aware moment, in the site's time zone, to the minute."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), moment_in_words(local, lang=language())
    )


@register.simple_tag
def masked_name(name: str) -> str:
    return masked(name)


@register.simple_tag
def state(tone: str, label: str) -> SafeString:
    """A small mark: a shape, a word and a colour, so that none of them is needed alone."""
    return format_html('<span class="state {}">{}</span>', tone if tone in TONES else "plain", capfirst(label))


@register.filter
def tone_of(level: str) -> str:
    """The kind of notice for a message's level tag."""
    return LEVELS.get(level, "info")


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: str = "") -> str:
    """A boxed remark; its kind is said in words and shape as well as colour."""
    if kind not in TONES:
        raise template.TemplateSyntaxError(f"a notice is one of {', '.join(TONES)}, not {kind!r}")
    return render_to_string(
        "ui/notice.html", {"kind": kind, "said": TONE_WORDS[kind], "title": title, "content": content}
    )


@register.simple_tag
def field(bound: BoundField, **attrs: Any) -> str:
    """A field with label, help and errors, tied together for screen readers; `attrs` go to the control."""
    widget = bound.field.widget
    if bound.is_hidden:
        return bound.as_widget()
    own = widget.attrs
    guesses = {"autocomplete": AUTOCOMPLETE, "inputmode": INPUTMODE}
    for attr, by_name in guesses.items():
        if bound.name in by_name and attr not in own:
            attrs.setdefault(attr, by_name[bound.name])
    choices = _has_choices(bound)
    if choices or isinstance(widget, CheckboxInput | FileInput):
        attrs.pop("inputmode", None)
    if _holds_a_number(bound):
        bound.value = lambda: ""  # type: ignore[method-assign]  # what tells a person apart does not come back in a page
    control = "" if choices else bound.as_widget(attrs=attrs)
    shape = "choices" if choices else "check" if isinstance(widget, CheckboxInput) else "line"
    context = {
        "field": bound,
        "control": control,
        "shape": shape,
        "is_long": isinstance(widget, Textarea),
        "is_optional": not bound.field.required and not getattr(bound.field, "is_filled", False),
        "describedby": " ".join(
            name
            for name, there in (
                (f"{bound.auto_id}_helptext", bound.help_text),
                (f"{bound.auto_id}_error", bound.errors),
            )
            if there
        ),
    }
    return render_to_string(FIELD_TEMPLATE, context)


@register.simple_tag
def fields(form: BaseForm) -> str:
    """Every field, in the form's order, hidden ones first."""
    return render_to_string(
        "ui/fields.html",
        {"form": form, "some_optional": any(not bound.field.required for bound in form.visible_fields())},
    )


@register.simple_tag
def errors(form: BaseForm) -> str:
    """What has to be mended, each with a link to its field; nothing where nothing is wrong."""
    if not form.errors:
        return ""
    found = [
        {"field": bound, "id": f"{bound.auto_id}_0" if _has_choices(bound) else bound.id_for_label, "said": said}
        for bound in form
        for said in bound.errors
    ]
    general = list(form.non_field_errors())
    return render_to_string("ui/errors.html", {"found": found, "general": general, "n": len(found) + len(general)})


def _holds_a_number(bound: BoundField) -> bool:
    value = bound.value()
    return isinstance(value, str) and without_numbers(value) != value


def _has_choices(bound: BoundField) -> bool:
    """Whether the field is drawn as several controls under one legend."""
    return isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple)
