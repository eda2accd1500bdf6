"""`huishang lexicon`: what an editor of the lexicon needs: a copy, a check, and a try before use."""

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from agents.judge import Judge
from agents.lexicon import SHIPPED, Lexicon
from agents.redaction import redact
from agents.texts import Texts
from agents.tone.lexicon import FOLDER as TONE_FOLDER
from agents.tone.lexicon import SHIPPED as TONE_SHIPPED
from cli import output
from cli.bar import bar
from cli.labelled import Labelled, read
from streams.categories import CATEGORIES, CategoryCode
from streams.errors import UserError
from streams.settings import load

_EXCERPT: Final = 60  # characters of a text, as an example
_CHUNK: Final = 500


@click.group()
def lexicon() -> None:
    """The words by which a report's topic is found: copy, check and try them.

    docs/lexicon.md tells an editor the whole way.
    """


@lexicon.command(epilog="\b\nExample:\n  huishang lexicon export my-lexicon")
@click.argument("folder", type=Path)
def export(folder: Path) -> None:
    """Copy the lexicon that comes with Huishang into a new FOLDER, to be edited.

    HUISHANG_LEXICON=FOLDER puts it into use.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty; name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TONE_FOLDER).mkdir()
        for shipped, to in ((SHIPPED, folder), (TONE_SHIPPED, folder / TONE_FOLDER)):
            for path in shipped.glob("*.yaml"):
                shutil.copyfile(path, to / path.name)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}") from None
    click.echo(f"{folder}: a copy to edit; docs/lexicon.md says how")


@lexicon.command(
    epilog="\b\nExamples:\n  huishang lexicon check my-lexicon\n  huishang lexicon check --json"
)
@click.argument("folder", type=Path, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(folder: Path | None, as_json: bool) -> None:
    """Read the lexicon in FOLDER (default: the one in use) and count what each leaf has.

    Names of upstream's categories and the words of sentiment and severity are read as well.

    The first mistake is said with file, line and term, and the exit code is 2.
    """
    folder = folder or load().lexicon or SHIPPED
    read_ = Judge.load(redact, folder).classifier.lexicon
    rows = [_counted(read_, leaf.code, leaf.name) for leaf in CATEGORIES.values()]
    if as_json:
        output.as_json({"folder": folder, "leaves": rows})
        return
    output.table(("leaf", "name", "terms", "rules", "not"), [tuple(row.values()) for row in rows])
    click.echo(f"\n{folder}: no mistake")


def _counted(read_: Lexicon, leaf: CategoryCode, name: str) -> dict[str, Any]:
    terms = [term for term in read_.terms if term.leaf == leaf]
    return {
        "leaf": leaf,
        "name": name,
        "terms": sum(term.weight > 0 for term in terms),
        "rules": sum(rule.leaf == leaf for rule in read_.rules),
        "not": sum(term.group == "not" for term in terms),
    }


@lexicon.command(
    "try",
    epilog="\b\nExamples:\n  huishang lexicon try my-lexicon --csv messages.csv\n"
    "  huishang lexicon try my-lexicon --csv messages.csv --text 内容 --examples 50\n"
    "  huishang lexicon try new --against old --csv messages.csv --json",
)
@click.argument("folder", type=Path)
@click.option("--csv", "path", metavar="FILE", type=Path, required=True, help="With a header line.")
@click.option("--text", default="text", show_default=True, help="Column of the text.")
@click.option("--title", help="Column of the title.  [default: title, if the file has it]")
@click.option("--encoding", help="Of the file.  [default: UTF-8, else GB18030]")
@click.option("--against", type=Path, help="Compare with this one.  [default: the one in use]")
@click.option("--examples", default=10, show_default=True, help="Texts to show.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def try_(
    folder: Path,
    path: Path,
    text: str,
    title: str | None,
    encoding: str | None,
    against: Path | None,
    examples: int,
    as_json: bool,
) -> None:
    """Say what the lexicon in FOLDER would change, before it is put into use.

    Shows the terms of topics that differ, how many of a file's texts would get
    another category, sentiment or severity, which, and examples with the terms
    that decide. Texts are shown redacted.
    """
    old, new = (Judge.load(redact, each) for each in (against or load().lexicon, folder))
    texts = read(path, text=text, label=None, title=title, encoding=encoding)
    told = {
        "n": len(texts.rows),
        "terms": differing(old.classifier.lexicon, new.classifier.lexicon),
        **_changes(old, new, texts, examples),
    }
    if as_json:
        output.as_json(told)
    else:
        _show(told)


def differing(old: Lexicon, new: Lexicon) -> list[dict[str, str]]:
    """Terms and rules that are not the same in two lexicons, as `leaf group weight`.

    An empty side: the term is not there. `nothing`: it covers what lies inside it, and counts 0.
    """
    before, after = _entries(old), _entries(new)
    return [
        {"term": term, "before": before.get(term, ""), "after": after.get(term, "")}
        for term in sorted(before.keys() | after.keys())
        if before.get(term) != after.get(term)
    ]


def _entries(side: Lexicon) -> dict[str, str]:
    terms = {
        term.text: f"{term.leaf} {term.group} {term.weight:g}" if term.weight else "not"
        for term in side.terms
    }
    rules: dict[str, str] = {}
    for rule in side.rules:
        said = f"{rule.leaf} {rule.group} {rule.weight:g}"
        # A part is named by its shortest word: the longer ones have it in them.
        name = " + ".join(min(part, key=lambda word: (len(word), word)) for part in rule.parts)
        rules[name] = f"{rules[name]}, {said}" if name in rules else said
    return terms | rules


def _judged(side: Judge, texts: Texts) -> list[dict[str, str]]:
    """What a lexicon says of texts, by subject."""
    return [
        {
            "category": category,
            "sentiment": str(heard.sentiment),
            "severity": str(heard.severity),
        }
        for category, heard in zip(
            side.classifier.categories(texts), side.tone.hear(texts), strict=True
        )
    ]


def _changes(old: Judge, new: Judge, texts: Labelled, examples: int) -> dict[str, Any]:
    moves: Counter[tuple[str, str, str]] = Counter()
    shown: list[dict[str, Any]] = []
    changed = 0
    with bar("trying", len(texts.rows)) as advance:
        pairs = list(zip(texts.titles, texts.texts, strict=True))
        for start in range(0, len(pairs), _CHUNK):
            chunk = pairs[start : start + _CHUNK]
            read = Texts.of(chunk)
            judged = zip(chunk, _judged(old, read), _judged(new, read), strict=True)
            for number, (pair, was, now) in enumerate(judged, start + 1):
                if was != now:
                    changed += 1
                    moves.update(
                        (name, was[name], now[name]) for name in was if was[name] != now[name]
                    )
                    if len(shown) < examples:
                        shown.append({"row": number, **_example(old, new, *pair)})
            advance(len(chunk))
    return {
        "changed": changed,
        "moves": [
            {"subject": subject, "before": was, "after": now, "n": n}
            for (subject, was, now), n in moves.most_common()
        ],
        "examples": shown,
    }


def _example(old: Judge, new: Judge, title: str, text: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, side in (("before", old), ("after", new)):
        found, heard = side.classifier.classify(title, text), side.tone.judge(title, text)
        told[name] = {
            "category": found.category,
            "terms": found.terms,
            "sentiment": heard.sentiment,
            "severity": heard.severity,
            "cue": heard.cue,
        }
    return {**told, "text": redact(f"{title} {text}".strip())[:_EXCERPT]}


def _show(told: dict[str, Any]) -> None:
    terms = told["terms"]
    click.echo(f"{len(terms):,} terms of topics differ")
    if terms:
        output.table(("term", "before", "after"), [tuple(term.values()) for term in terms])
        click.echo("")
    click.echo(f"{told['changed']:,} of {told['n']:,} texts are judged otherwise")
    if not told["changed"]:
        return
    output.table(
        ("n", "subject", "before", "after"),
        [
            (move["n"], move["subject"], _named(move["before"]), _named(move["after"]))
            for move in told["moves"]
        ],
    )
    click.echo("\nexamples")
    output.table(
        ("row", "before", "after", "text"),
        [
            (one["row"], _in_words(one["before"]), _in_words(one["after"]), one["text"])
            for one in told["examples"]
        ],
    )


def _named(value: str) -> str:
    leaf = CATEGORIES.get(CategoryCode(value))
    return f"{value} {leaf.name}" if leaf else value


def _in_words(judged: Mapping[str, Any]) -> str:
    """What a lexicon says of a text, with the three heaviest terms.

    >>> _in_words({"category": "D09", "terms": ["欠薪", "讨薪"], "sentiment": -1, "severity": 3,
    ...            "cue": "拖欠工资"})
    'D09 (欠薪, 讨薪), -1, 3 (拖欠工资)'
    """
    terms = [*judged["terms"][:3], *(["…"] if len(judged["terms"]) > 3 else [])]
    because = f" ({', '.join(terms)})" if terms else ""
    cue = f" ({judged['cue']})" if judged["cue"] else ""
    return f"{judged['category']}{because}, {judged['sentiment']}, {judged['severity']}{cue}"
