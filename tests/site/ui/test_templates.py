"""Every template of the source tree: nothing inline, and every sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

SOURCE = Path(__file__).parents[3] / "src" / "huzhu"
TEMPLATES = sorted(path for path in SOURCE.rglob("*.html") if "templates" in path.parts)
HAN = re.compile(r"[\u3400-\u9fff]")
BOTH_AT_ONCE = "ui/error.html"
QUOTED = re.compile(r"""^(["'])(.*)\1$""", re.DOTALL)
HOLES = re.compile(r"\{(\w+)\}")

every_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))


def spoken(path: Path) -> list[list[str]]:
    """The parts of every `{% t %}` in a template."""
    tokens = Lexer(path.read_text(encoding="utf-8")).tokenize()
    return [
        parts for token in tokens if token.token_type is TokenType.BLOCK and (parts := token.split_contents())[0] == "t"
    ]


@every_template
def test_nothing_is_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tags = re.findall(r"<[a-zA-Z][^>]*>", text)
    assert [tag for tag in tags if re.search(r"\s(style|on[a-z]+|hx-on[\w:-]*)\s*=", tag)] == []
    assert re.findall(r"<style\b", text) == []
    assert [tag for tag in tags if tag.startswith("<script") and " src=" not in tag] == []
    assert re.findall(r"javascript:", text, re.IGNORECASE) == []


@every_template
def test_nothing_is_marked_safe(path: Path) -> None:
    assert re.findall(r"\|\s*safe\b|\{%\s*autoescape\s+off|\|\s*safeseq\b", path.read_text(encoding="utf-8")) == []


@every_template
def test_both_texts_say_something_with_the_same_figures(path: Path) -> None:
    for parts in spoken(path):
        texts = [QUOTED.match(part) for part in parts[1:3]]
        assert all(texts), parts
        zh, en = (text[2] for text in texts if text)
        assert zh.strip(), parts
        assert en.strip(), parts
        assert HAN.search(zh) or not re.search(r"[A-Za-z]{2}", re.sub(HOLES, "", zh)), parts
        assert not HAN.search(en), parts
        given = {part.partition("=")[0] for part in parts[3:] if "=" in part}
        assert set(HOLES.findall(zh)) == set(HOLES.findall(en)) == given, parts


@every_template
def test_chinese_stands_in_a_tag_that_has_english_beside_it(path: Path) -> None:
    """Error pages show both languages at once; comments are for whoever reads the source."""
    text = path.read_text(encoding="utf-8")
    if BOTH_AT_ONCE in text or path.match(BOTH_AT_ONCE):
        return
    tokens = Lexer(re.sub(r"\{#.*?#\}", "", text)).tokenize()
    assert [
        token.contents for token in tokens if token.token_type is TokenType.TEXT and HAN.search(token.contents)
    ] == []
