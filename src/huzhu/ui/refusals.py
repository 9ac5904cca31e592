"""Why something is not done: errors named for the reason, each with words for whoever asked. Doors map them once."""

from __future__ import annotations

from typing import Any, ClassVar

from huzhu.rules.texts import Lang, Text


class Refusal(Exception):
    """What was asked for is refused and nothing has changed. `status` is what a web door answers.

    A subclass says why in `text`, whose `{figures}` are the keywords it is raised with (a `Text` in its own language). `field`
    names the form field at fault.
    """

    text: ClassVar[Text]
    status: ClassVar[int] = 409

    def __init__(self, *, field: str | None = None, **figures: Any) -> None:
        self.field = field
        self.figures = figures
        self.said = Text(self.text.zh.format(**_in("zh", figures)), self.text.en.format(**_in("en", figures)))
        super().__init__(self.said.en)

    @property
    def code(self) -> str:
        """A stable name for programs: `AlreadyDecided` is `already_decided`."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _in(lang: Lang, figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figure.get(lang) if isinstance(figure, Text) else figure for name, figure in figures.items()}


class NotFound(Refusal):
    text = Text("没有这一项，或不在您可以查看的范围内。", "There is no such thing, or it is outside what you may see.")
    status = 404


class NotAllowed(Refusal):
    text = Text("您没有做这件事的权限。", "You do not have the right to do this.")
    status = 403


class Invalid(Refusal):
    """What was given cannot be meant: `what` says why, in both languages."""

    text = Text("{zh}", "{en}")
    status = 422

    def __init__(self, what: Text, *, field: str | None = None) -> None:
        super().__init__(field=field, zh=what.zh, en=what.en)


class TooMany(Refusal):
    text = Text("次数太多，请在 {minutes} 分钟后再试。", "Too many tries. Please try again in {minutes} minutes.")
    status = 429


class Unreadable(Refusal):
    text = Text(
        "填写的内容里有看不见的控制字符，无法保存。请返回上一页，删去后重新填写；若是粘贴来的，请改为手工输入。",
        "What was entered holds control characters that cannot be seen and cannot be kept. "
        "Go back and enter it again without them; if it was pasted, type it.",
    )
    status = 400
