"""Every component in both languages, and what a hostile value becomes in it."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, QueryDict
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from huzhu.ui.charts import Bar, Bars, Card, qr
from huzhu.ui.context import page
from huzhu.ui.flow import Change, Confirm, Count, Empty, Progress, steps
from huzhu.ui.gallery import SampleForm, gallery, samples
from huzhu.ui.refusals import TooMany
from huzhu.ui.tables import Act, Cell, Column, Filters, Row, Table, address, pager_of
from huzhu.ui.words import t

pytestmark = pytest.mark.urls("tests.site.ui.addresses")

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "</title><svg/onload=1>",
]
HAN = re.compile(r"[\u3400-\u9fff]")
ERRORS = ["400", "403", "403_csrf", "404", "409", "413", "429", "500", "503"]


class Tags(HTMLParser):
    """Every start tag with its attributes, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    return Tags(html).tags


def draw(source: str, **values: Any) -> str:
    return Template("{% load huzhu %}" + source).render(Context(values))


def asked(path: str = "/ui/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    return request


def assert_harmless(html: str) -> None:
    found = tags(html)
    assert not [tag for tag, _ in found if tag in {"script", "img"}]
    assert not [attrs for _, attrs in found if any(name.startswith("on") for name in attrs)]


@pytest.mark.parametrize("layout", ["desk", "phone", "open"])
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_the_gallery_is_whole_in_both_languages(lang: str, layout: str) -> None:
    with translation.override(lang):
        html = gallery(asked(f"/ui/?layout={layout}")).content.decode()
    found = tags(html)
    ids = [attrs["id"] or "" for _, attrs in found if "id" in attrs]
    assert sorted(ids) == sorted(set(ids))
    wanted = {attrs["for"] for tag, attrs in found if tag == "label" and "for" in attrs}
    wanted |= {
        name
        for _, attrs in found
        for key in ("aria-describedby", "aria-labelledby")
        for name in (attrs.get(key) or "").split()
    }
    assert wanted <= set(ids)
    assert sum(tag == "h1" for tag, _ in found) == sum(tag == "main" for tag, _ in found) == 1
    assert not [attrs for _, attrs in found if "style" in attrs or any(name.startswith("on") for name in attrs)]


def test_the_english_gallery_has_chinese_only_in_names_and_the_language_switch() -> None:
    with translation.override("en"):
        html = gallery(asked()).content.decode()
    words = {text for text in re.findall(r">([^<]+)<", html) if HAN.search(text)}
    assert {re.sub(r"Choose ", "", word).strip() for word in words} <= {
        "张三", "欧阳晓岚", "阿卜杜拉·买买提", "李四", "王五", "张*", "欧*", "· 欧* · 62.3%", "中文"
    }  # fmt: skip


def test_words_are_escaped_whatever_they_carry() -> None:
    for payload in PAYLOADS:
        assert_harmless(draw('{% t "你好 {who}" "Hello {who}" who=who %}', who=payload))


def test_words_say_figures_and_days_in_the_language_of_the_reader() -> None:
    source = '{% t "到 {day} 共 {n} 人" "{n} people by {day}" n=n day=day %}'
    values = {"n": 12_345, "day": dt.date(2026, 11, 23)}
    assert draw(source, **values) == "到 2026年11月23日 共 12,345 人"
    with translation.override("en"):
        assert draw(source, **values) == "12,345 people by 23 November 2026"


def test_money_is_whole_fen() -> None:
    assert draw("{% money 123450 %}") == '<span class="figure">¥1,234.50</span>'
    assert draw('{% money 123450 "capitals" %}') == "壹仟贰佰叁拾肆元伍角整"
    with translation.override("en"):
        assert draw('{% money 123450 "capitals" %}') == '<span class="figure">1,234.50 yuan</span>'
    with pytest.raises(TypeError, match="whole fen"):
        draw("{% money fen %}", fen=12.5)


def test_a_moment_is_shown_in_china_and_a_naive_one_is_refused() -> None:
    at = dt.datetime(2026, 11, 23, 17, 30, tzinfo=dt.UTC)
    assert draw("{% moment at %}", at=at) == '<time datetime="2026-11-24T01:30:00+08:00">2026年11月24日 01:30</time>'
    with pytest.raises(ValueError, match="naive"):
        draw("{% moment at %}", at=at.replace(tzinfo=None))


def test_a_notice_says_its_kind_in_words() -> None:
    html = draw('{% notice "bad" %}{{ what }}{% endnotice %}', what=PAYLOADS[0])
    assert "没有办成" in html
    assert 'role="alert"' in html
    assert_harmless(html)
    with pytest.raises(TemplateSyntaxError, match="info, good, warn, bad"):
        draw('{% notice "red" %}{% endnotice %}')


def test_a_field_is_tied_to_its_label_its_help_and_its_errors() -> None:
    form = SampleForm({"name": "", "phone": "1"})
    attrs = next(attrs for tag, attrs in tags(draw("{% field form.name %}", form=form)) if tag == "input")
    assert attrs["aria-describedby"] == "id_name_helptext id_name_error"
    assert attrs["aria-invalid"] == "true"
    assert attrs["autocomplete"] == "name"
    assert "required" in attrs
    phone = next(
        attrs for tag, attrs in tags(draw('{% field form.phone inputmode="numeric" %}', form=form)) if tag == "input"
    )
    assert (phone["inputmode"], phone["autocomplete"]) == ("numeric", "tel")
    group = tags(draw("{% field form.platform %}", form=form))
    assert group[0][0] == "fieldset"
    assert group[0][1]["aria-describedby"] == "id_platform_helptext id_platform_error"
    assert "（选填）" in draw("{% field form.area %}", form=form)
    assert "（选填）" not in draw("{% field form.name %}", form=form)


def test_the_summary_of_errors_links_to_what_can_take_the_focus() -> None:
    form = SampleForm({"name": "张三"})
    html = draw("{% errors form %}{% fields form %}", form=form)
    links = [attrs["href"] for tag, attrs in tags(html) if tag == "a"]
    ids = {f"#{attrs['id']}" for tag, attrs in tags(html) if tag in {"input", "select", "textarea"} and "id" in attrs}
    assert links == ["#id_phone", "#id_platform_0", "#id_agrees"]
    assert set(links) <= ids
    assert "有 3 处需要改" in html
    assert draw("{% errors form %}", form=SampleForm()) == ""


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_form_gives_back_what_was_typed_without_running_it(payload: str) -> None:
    class Hostile(forms.Form):
        name = forms.CharField(label=payload, help_text=payload, max_length=3)
        kind = forms.ChoiceField(label=payload, choices=[(payload, payload)], widget=forms.RadioSelect)

    html = render_to_string(
        "ui/form.html",
        {"form": Hostile({"name": payload, "kind": "?"}), "submit_label": payload, "cancel_url": payload},
    )
    assert_harmless(html)
    assert next(attrs["value"] for _, attrs in tags(html) if attrs.get("name") == "name") == payload


@pytest.mark.parametrize("payload", PAYLOADS)
def test_components_show_hostile_values_as_text(payload: str) -> None:
    table = Table(
        key="t",
        caption=payload,
        columns=[
            Column(label=payload, sort="x"),
            Column(label=payload, kind="state"),
            Column(label=payload, kind="code"),
        ],
        rows=[Row(id=payload, url="/x", label=payload, cells=[payload, Cell(value=payload, note=payload), payload])],
        query=QueryDict("q=" + payload.replace("&", "")),
        acts=[Act(value=payload, label=payload)],
        total=9,
    )
    parts: dict[str, dict[str, Any]] = {
        "table": {"table": table},
        "empty": {"empty": Empty(title=payload, hint=payload, url="/", act=payload)},
        "stepper": {"steps": steps(labels=[payload, payload], now=2, urls={1: "/"})},
        "progress": {
            "progress": Progress(
                key="p", label=payload, state="running", note=payload, counts=[Count(label=payload, number=1)]
            )
        },
        "bars": {
            "bars": Bars(
                key="b",
                caption=payload,
                rows=[Bar(label=payload, value=1, target=2)],
                value_label=payload,
                source=payload,
            )
        },
        "card": {
            "card": Card(name=payload, number=payload, organisation=payload, status=payload, facts=[(payload, payload)])
        },
        "facts": {"facts": [(payload, payload)]},
        "changes": {
            "confirm": Confirm(
                title=payload,
                act=payload,
                back_url="/",
                warning=payload,
                changes=[Change(what=payload, before=payload, after=payload)],
                hidden={"x": [payload]},
            )
        },
    }
    for name, values in parts.items():
        assert_harmless(render_to_string(f"ui/{name}.html", values))
    assert_harmless(render_to_string("ui/filters.html", {"filters": samples({"q": payload})["filters"]}))


def test_a_sorted_column_offers_the_other_way_and_forgets_the_page() -> None:
    columns = [
        Column(label=t("姓名", "Name"), sort="name"),
        Column(label=t("日期", "Day"), sort="day"),
        Column(label="#"),
    ]
    table = Table(key="t", caption="c", columns=columns, rows=[], query=QueryDict("q=a&q=b&page=3&sort=name"))
    assert [(head["order"], head["url"]) for head in table.heads] == [
        ("ascending", "?q=a&q=b&sort=-name"),
        ("", "?q=a&q=b&sort=day"),
        ("", ""),
    ]


def test_a_row_with_a_cell_too_few_is_a_mistake_of_the_page() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        _ = Table(
            key="t", caption="c", columns=[Column(label="a"), Column(label="b")], rows=[Row(id="1", cells=["x"])]
        ).lines


def test_an_address_changes_one_thing_and_keeps_the_rest() -> None:
    assert address(QueryDict("q=张&page=2"), page=3) == "?q=%E5%BC%A0&page=3"
    assert address({"q": "x", "page": "2"}, page="") == "?q=x"


def test_a_pager_knows_its_place() -> None:
    pager = pager_of(page=Paginator(range(95), 10).page(10), query=QueryDict("q=x"))
    assert (pager.first, pager.last, pager.total, pager.next_url) == (91, 95, 95, "")
    assert pager.previous_url == "?q=x&page=9"
    assert [label for label, _, _ in pager.pages] == ["1", "…", "9", "10"]


def test_filters_say_what_is_filtered_and_how_to_undo_it() -> None:
    class Search(forms.Form):
        state = forms.ChoiceField(label="状态", choices=[("", "全部"), ("on", "在会")], required=False)

    filters = Filters(form=Search({"state": "on"}), query=QueryDict("state=on&sort=name&page=2"))
    assert filters.chips == [{"label": "状态", "value": "在会", "url": "?sort=name"}]
    assert filters.query_text == "state=on&sort=name"


def test_work_that_has_ended_is_not_asked_again() -> None:
    running = Progress(key="p", label="x", state="running", done=1, total=4, url="/p/")
    done = Progress(key="p", label="x", state="done", done=4, total=4, url="/p/")
    assert 'hx-get="/p/"' in render_to_string("ui/progress.html", {"progress": running})
    assert "25%" in render_to_string("ui/progress.html", {"progress": running})
    assert "hx-get" not in render_to_string("ui/progress.html", {"progress": done})
    assert "refresh" in render_to_string("ui/refresh.html", {"progress": running})
    assert "refresh" not in render_to_string("ui/refresh.html", {"progress": done})


def test_steps_before_now_are_done() -> None:
    assert [step.state for step in steps(labels=["a", "b", "c"], now=2)] == ["done", "now", "next"]
    assert [step.state for step in steps(labels=["a", "b"], now=3)] == ["done", "done"]
    assert (
        render_to_string("ui/stepper.html", {"steps": steps(labels=["a", "b"], now=2)}).count('aria-current="step"')
        == 1
    )


def test_bars_share_one_scale() -> None:
    bars = Bars(
        key="b",
        caption="c",
        rows=[Bar(label="a", value=50, target=200), Bar(label="b", value=1), Bar(label="c", value=0, target=0)],
        value_label="v",
    )
    assert [(line["width"], line["mark"], line["percent"], line["short"]) for line in bars.lines] == [
        (250, 999, 25, 150),
        (5, None, None, None),
        (0, 0, None, 0),
    ]


def test_a_code_is_drawn_module_by_module_with_its_quiet_zone() -> None:
    code = qr(matrix=[[1, 1, 0], [0, 0, 1], [0, 0, 0]])
    assert (code.size, code.path) == (11, "M4 4h2v1h-2zM6 5h1v1h-1z")


@pytest.mark.parametrize("name", ERRORS)
def test_error_pages_need_nothing_and_say_it_in_both_languages(name: str) -> None:
    html = render_to_string(f"{name}.html")
    headings = re.findall(r"<h[12]>([^<]+)</h[12]>", html)
    assert HAN.search(headings[0])
    assert not HAN.search(headings[1])
    assert name[:3] in html
    assert html.count("<p>") >= 4


def test_a_refusal_is_told_on_its_error_page() -> None:
    html = render_to_string("429.html", {"refusal": TooMany(minutes=5), "seconds": 300, "reference": PAYLOADS[0]})
    assert "请在 5 分钟后再试" in html
    assert "Please try again in 5 minutes." in html
    assert_harmless(html)


def test_a_page_knows_its_reader() -> None:
    request = asked()
    request.nav = [("/a/", t("会员", "Members"), True)]  # type: ignore[attr-defined]
    with translation.override("en"):
        known = page(request)
    assert (known["lang"], known["user_label"], known["nav"][0]["url"], known["nav"][0]["is_current"]) == (
        "en",
        "",
        "/a/",
        True,
    )


def test_the_confirm_page_posts_back_what_was_chosen() -> None:
    html = render_to_string("ui/confirm.html", samples({}), request=asked())
    hidden = [
        (attrs["name"], attrs["value"]) for tag, attrs in tags(html) if tag == "input" and attrs.get("type") == "hidden"
    ]
    assert [pair for pair in hidden if pair[0] in {"chosen", "act"}] == [
        ("chosen", "1"),
        ("chosen", "2"),
        ("act", "approve"),
    ]
    assert "还有 9 项" in html
