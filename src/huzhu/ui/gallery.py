"""One page that shows every component in every state, for whoever builds or judges a page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from huzhu.ui.charts import Bar, Bars, Card, qr
from huzhu.ui.flow import Change, Confirm, Count, Empty, Progress, steps
from huzhu.ui.tables import Act, Cell, Column, Filters, Row, Table, pager_of
from huzhu.ui.widgets import DayInput
from huzhu.ui.words import t

SINCE = dt.date(2026, 11, 23)
SEEN_AT = dt.datetime(2026, 11, 23, 1, 30, tzinfo=dt.UTC)
ALL_SHOWN = 12_345
# A square of finder corners and stripes: the look of a code that says nothing.
NO_CODE = [
    [
        int((x < 7 and y < 7) or (x > 17 and y < 7) or (x < 7 and y > 17) or (x * y + x + 3 * y) % 5 < 2)
        for x in range(25)
    ]
    for y in range(25)
]


class SampleForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(
        label=t("姓名", "Name"), help_text=t("与身份证上的一致", "As it stands on the identity card"), max_length=60
    )
    phone = forms.CharField(label=t("手机号码", "Mobile number"), max_length=11)
    started_on = forms.DateField(label=t("开始跑单的日期", "First day of work"), widget=DayInput, required=False)
    platform = forms.ChoiceField(
        label=t("主要平台", "Main platform"),
        choices=[("a", t("甲平台", "Platform A")), ("b", t("乙平台", "Platform B"))],
        widget=forms.RadioSelect,
        help_text=t("接单最多的那一个", "The one with the most orders"),
    )
    area = forms.ChoiceField(
        label=t("区", "District"),
        choices=[("", "–"), ("h", t("黄浦区", "Huangpu")), ("x", t("徐汇区", "Xuhui"))],
        required=False,
    )
    note = forms.CharField(
        label=t("想说的话", "Anything to add"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    paper = forms.FileField(label=t("证明", "Proof"), required=False)
    agrees = forms.BooleanField(label=t("我已阅读并同意加入工会", "I have read this and agree to join the union"))


class SampleFilter(forms.Form):
    q = forms.CharField(label=t("姓名或编号", "Name or number"), required=False)
    state = forms.ChoiceField(
        label=t("状态", "Status"),
        choices=[("", t("全部", "All")), ("approved", t("已入会", "Member")), ("applied", t("待审批", "Waiting"))],
        required=False,
    )


class SampleReason(forms.Form):
    reason = forms.CharField(label=t("理由", "Reason"), help_text=t("会记入审计记录", "It goes on record"))


def sample_table(query: Any) -> Table:
    states: list[dict[str, Any]] = [
        {"value": t("已入会", "Member"), "tone": "good"},
        {"value": t("待审批", "Waiting"), "tone": "info"},
        {
            "value": t("待核对", "Doubtful"),
            "tone": "warn",
            "note": t("两条登记姓名相近", "Two records with like names"),
        },
        {"value": t("未通过", "Refused"), "tone": "bad"},
        {"value": t("已退会", "Left"), "tone": "plain"},
    ]
    people = ["张三", "欧阳晓岚", "阿卜杜拉·买买提", "李四", "王五"]
    return Table(
        key="members",
        caption=t("会员", "Members"),
        columns=[
            Column(label=t("姓名", "Name"), sort="name"),
            Column(label=t("编号", "Number"), kind="code"),
            Column(label=t("状态", "Status"), kind="state", sort="state"),
            Column(label=t("入会日期", "Since"), kind="date", sort="since"),
            Column(label=t("本月接单", "Orders this month"), kind="number", sort="orders"),
            Column(label=t("已缴会费", "Dues paid"), kind="money"),
        ],
        rows=[
            Row(
                id=str(place),
                url=f"?member={place}",
                cells=[name, f"00-2026-{place:06d}", Cell(**states[place]), SINCE, 1234 * place, 120_050 * place],
                is_chosen=place == 1,
            )
            for place, name in enumerate(people)
        ],
        query=query,
        acts=[
            Act(value="approve", label=t("批准", "Approve")),
            Act(value="refuse", label=t("不予批准", "Refuse"), is_grave=True),
        ],
        total=ALL_SHOWN,
    )


def sample_progress() -> list[Progress]:
    counts = [
        Count(label=t("接受", "Accepted"), number=61_800, tone="good"),
        Count(label=t("待核对", "Doubtful"), number=412, tone="warn", url="#"),
        Count(label=t("退回", "Refused"), number=96, tone="bad", url="#"),
    ]
    roster = t("骑手名册.xlsx", "riders.xlsx")
    return [
        Progress(key="waiting", label=roster, state="waiting", note=t("前面还有 1 个文件", "1 file ahead")),
        Progress(key="running", label=roster, state="running", done=62_308, total=100_000, counts=counts),
        Progress(key="asking", label=roster, state="asking", done=2_000, total=2_000),
        Progress(key="idle", label=roster, state="idle"),
        Progress(key="done", label=roster, state="done", done=100_000, total=100_000, counts=counts),
        Progress(
            key="failed",
            label=roster,
            state="failed",
            done=7,
            total=40,
            note=t("会自动继续", "It will go on by itself"),
        ),
    ]


def sample_bars() -> Bars:
    districts = [
        ("浦东新区", "Pudong", 48_210, 52_000),
        ("闵行区", "Minhang", 31_050, 30_000),
        ("崇明区", "Chongming", 2_140, 6_000),
    ]
    return Bars(
        key="targets",
        caption=t("各区入会人数与目标", "Members by district, against the target"),
        rows=[Bar(label=t(zh, en), value=value, target=target, url="#") for zh, en, value, target in districts],
        value_label=t("会员", "Members"),
        target_label=t("目标", "Target"),
        label_label=t("区", "District"),
        source=t("数字是编造的。", "The figures are made up."),
    )


def sample_card() -> Card:
    return Card(
        name="张三",
        number="00-2026-000001",
        organisation=t("示例街道快递员工会联合会", "Couriers’ union of a sample street"),
        status=t("会员", "Member"),
        facts=[
            (t("入会", "Since"), t("2026年11月23日", "23 November 2026")),
            (t("平台", "Platform"), t("甲平台", "Platform A")),
        ],
        qr=qr(matrix=NO_CODE),
        qr_label=t("会员码，扫描可核对", "Member’s code; scan it to check"),
    )


def sample_confirm() -> Confirm:
    return Confirm(
        title=t("批准 12 人入会", "Approve 12 members"),
        act=t("批准 12 人", "Approve 12"),
        back_url="?",
        changes=[
            Change(what=name, before=t("待审批", "Waiting"), after=t("已入会", "Member"))
            for name in ("张三", "李四", "王五")
        ],
        total=12,
        warning=t("批准后会给每个人发一条消息。", "Each of them will be sent a message."),
        hidden={"chosen": ["1", "2"], "act": "approve"},
        form=SampleReason(),
    )


def samples(query: Any) -> dict[str, Any]:
    """A value for every component, with the states that differ."""
    return {
        "kinds": ["info", "good", "warn", "bad"],
        "tones": ["plain", "info", "good", "warn", "bad"],
        "form": SampleForm(initial={"name": "张三"}),
        "broken": SampleForm({"name": "张三", "phone": "", "started_on": "2026-13-40"}, auto_id="broken_%s"),
        "table": sample_table(query),
        "no_table": Table(key="none", caption=t("导入", "Imports"), columns=[], rows=[]),
        "empty": Empty(
            title=t("还没有名册", "No rosters yet"),
            hint=t(
                "上传平台给的骑手名单，系统会逐行核对。",
                "Upload a platform’s list of riders; each row is then checked.",
            ),
            url="#",
            act=t("上传名册", "Upload a roster"),
        ),
        "pager": pager_of(page=Paginator(range(ALL_SHOWN), 50).page(4), query=query),
        "filters": Filters(
            form=SampleFilter(query or None),
            query=query or {"state": "applied"},
            saved=[("?", t("全部会员", "All members"), False), ("?state=applied", t("待审批", "Waiting"), True)],
            save_url="#",
        ),
        "early": steps(labels=[t("我是谁", "Who I am"), t("做什么", "My work"), t("同意", "Consent")], now=1),
        "middle": steps(
            labels=[t("检查", "Check"), t("匹配", "Match"), t("核对", "Decide"), t("合并", "Merge")],
            now=3,
            urls={1: "#"},
        ),
        "failed": steps(labels=[t("检查", "Check"), t("匹配", "Match"), t("合并", "Merge")], now=2, failed=True),
        "runs": sample_progress(),
        "facts": [(t("姓名", "Name"), "张*"), (t("证件号码", "Identity number"), "3101***********12")],
        "bars": sample_bars(),
        "money_bars": Bars(
            key="paid",
            caption=t("互助金支出", "Benefits paid"),
            rows=[
                Bar(label=t("住院", "Hospital"), value=1_234_567_00),
                Bar(label=t("意外", "Accident"), value=98_765_43),
            ],
            value_label=t("支出", "Paid"),
            kind="money",
        ),
        "card": sample_card(),
        "confirm": sample_confirm(),
        "fen": 1_234_50,
        "since": SINCE,
        "seen_at": SEEN_AT,
    }


def gallery(request: HttpRequest) -> HttpResponse:
    """Whoever wires this says who may open it. `?layout=phone` or `open` shows another frame."""
    layout = {"phone": "ui/phone.html", "open": "ui/base.html"}.get(request.GET.get("layout", ""), "ui/desk.html")
    return render(request, "ui/gallery.html", samples(request.GET) | {"layout": layout})
