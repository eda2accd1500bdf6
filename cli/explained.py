"""An explanation as duty staff read it: Chinese, with English beside."""

from collections.abc import Iterable, Sequence
from typing import Final

import click

from agents.explain import Explained, replaced
from agents.judge import Said
from agents.normalise import normalise
from agents.tone import Explained as Heard
from streams.categories import CATEGORIES, CategoryCode

_SOURCES: Final = {
    "lexicon": "词表 lexicon",
    "model": "模型 model",
    "declared": "上报 declared",
    "none": "无依据 nothing found",
}
_SENTIMENTS: Final = {
    -2: "强烈不满 very negative",
    -1: "不满 negative",
    0: "中性 neutral",
    1: "肯定 positive",
    2: "感谢表扬 very positive",
}
_SEVERITIES: Final = {1: "红 red", 2: "橙 orange", 3: "黄 yellow", 4: "蓝 blue"}
_KINDS: Final = {
    "grievance": "怨愤 grievance",
    "problem": "问题 problem",
    "ask": "询问建议 asking",
    "thanks": "致谢 thanks",
    "praise": "表扬 praise",
    "solved": "已解决 solved",
    "turn": "转折 turn",
}
_NONE: Final = "无 none"


def show(
    report: Said, found: Explained, heard: Heard, learned: Sequence[tuple[str, float]]
) -> None:
    """Print what each step made of a report. learned: as Explainer.learned gives it."""
    for name, lines in _sections(report, found, heard, learned):
        click.echo(click.style(name, bold=True))
        for line in lines:
            click.echo(f"  {line}")


def _sections(
    report: Said, found: Explained, heard: Heard, learned: Sequence[tuple[str, float]]
) -> Iterable[tuple[str, list[str]]]:
    title, text, category, severity, *_ = report
    normal = [normalise(part) for part in (title, text) if part]
    same = normal == [part for part in (title, text) if part]
    yield "规整 normalised", ["与原文相同 as given"] if same else normal
    redacted = " ".join(part for part in (found.title, found.text) if part)
    kinds = [f"{kind}×{n}" for kind, n in replaced(redacted).items()]
    yield (
        "脱敏 redacted",
        [redacted, f"替换 replaced: {' '.join(kinds) or _NONE}"],
    )
    yield "类别 category", _category(found, learned)
    if category:
        yield "上报类别 declared", [_declared(category, found)]
    yield "情绪 sentiment", _sentiment(found.sentiment, heard)
    yield "紧急程度 severity", _severity(found, severity, heard)
    yield (
        "同一事项 same matter",
        [
            f"名称 name: {found.name or _NONE}",
            f"指纹 fingerprint: {found.fingerprint:016x}",
            f"检索键 keys: {' '.join(f'{key:016x}' for key in found.keys) or _NONE}",
        ],
    )


def leaf_in_words(code: str) -> str:
    """A leaf as people know it.

    >>> leaf_in_words("D09")
    'D09 劳动争议 labour'
    """
    leaf = CATEGORIES[CategoryCode(code)]
    return f"{leaf.code} {leaf.name} {leaf.english}"


def _category(found: Explained, learned: Sequence[tuple[str, float]]) -> list[str]:
    terms = [f"{term} {weight:g}" for term, weight in zip(found.terms, found.weights, strict=True)]
    nearest = leaf_in_words(found.nearest) if found.nearest else _NONE
    lines = [
        leaf_in_words(found.category),
        f"来源 source: {_SOURCES.get(found.category_source, found.category_source)}",
        f"依据（词 权重） because of: {'，'.join(terms) or _NONE}",
        f"领先 margin: {found.margin:.2f}，次近 nearest: {nearest}",
    ]
    if learned:
        grams = "，".join(f"{gram} {weight:+.2f}" for gram, weight in learned)
        lines.append(f"模型所见 the model sees: {grams}")
    return lines


def _declared(category: str, found: Explained) -> str:
    if not found.declared:
        return f"{category}：对照表中没有 not in our table"
    agrees = "一致 agrees" if found.declared == found.category else "与判断不同 differs"
    return f"{category} → {leaf_in_words(found.declared)}，{agrees}"


def _sentiment(sentiment: int | None, heard: Heard) -> list[str]:
    if sentiment is None:
        return ["没有文字 no text"]
    terms = [f"{term}（{_KINDS[kind]}）" for kind, term in heard.terms]
    return [
        f"{sentiment:+d} {_SENTIMENTS[sentiment]}",
        f"依据 because of: {'，'.join(terms) or _NONE}",
    ]


def _severity(found: Explained, declared: int, heard: Heard) -> list[str]:
    if not found.severity:
        return ["未知 not known"]
    lines = [f"{found.severity} {_SEVERITIES[found.severity]}"]
    if declared:
        lines[0] += f"（上报 declared: {declared} {_SEVERITIES[declared]}）"
    words = f"（{heard.cue_term}）" if found.cue and heard.cue_term else ""
    lines.append(f"线索 cue: {found.cue or _NONE}{words}")
    return lines
