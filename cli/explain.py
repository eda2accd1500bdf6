"""`huishang explain`: what each step makes of a text, for people, or of many, for programs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, get_args

import click

from cli import output
from cli.bar import bar
from cli.explained import show
from cli.explaining import Block, PeopleBand, Using, added, explain_lines
from cli.lines import opened
from streams.errors import UserError
from streams.settings import load

_STDIN: Final = "-"
_SHOWN_PROBLEMS: Final = 20
_SMALL_BYTES: Final = 2 << 20


@click.command(
    epilog="\b\nExamples:\n"
    '  huishang explain "阳光花园小区从昨天起停水，物业电话13893612345没人接"\n'
    '  huishang explain "…" --title "…" --category D11 --severity 3 --json\n'
    "  huishang explain --jsonl messages.jsonl --out explained.jsonl\n"
    "  zcat messages.jsonl.gz | huishang explain --jsonl - --out -"
)
@click.argument("text", required=False)
@click.option("--title", default="", help="Of the report.")
@click.option("--category", default="", help="What upstream declares.")
@click.option("--severity", type=click.IntRange(1, 4), help="Declared: 1 red to 4 blue.")
@click.option(
    "--people-band", type=click.Choice(get_args(PeopleBand)), help="How many people it concerns."
)
@click.option("--lexicon", type=Path, help="Folder of a lexicon.  [default: HUISHANG_LEXICON]")
@click.option("--model", type=Path, help="File of `huishang train`.  [default: HUISHANG_MODEL]")
@click.option(
    "--jsonl", metavar="FILE", help="Many: a JSON object with `text` a line; - for stdin."
)
@click.option("--out", metavar="FILE", help="Where to write many; - for stdout.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Processes.  [default: one per core; of a small file one]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def explain(
    context: click.Context,
    /,
    text: str | None,
    title: str,
    category: str,
    severity: int | None,
    people_band: str | None,
    lexicon: Path | None,
    model: Path | None,
    jsonl: str | None,
    out: str | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Show what each step makes of a TEXT: redaction, category, sentiment, severity, linking.

    With --jsonl and --out, every line of a file: an object with `text`, and
    optionally `title`, `category`, `severity`, `people_band`. It is written with
    all it has, and `redacted`, `category`, `terms`, `margin`, `sentiment`,
    `severity`, `fingerprint`, `category_source`, `declared`, `nearest`, `cue`,
    `name` added. A line that cannot be used is answered with its number and why,
    and the exit code is then 1.
    """
    settings = load()
    using = Using(lexicon or settings.lexicon, model or settings.model)
    if (text is None) == (jsonl is None):
        raise click.UsageError("give either a TEXT or --jsonl FILE")
    if (jsonl is None) != (out is None):
        raise click.UsageError("--jsonl and --out go together")
    if jsonl is not None and out is not None:
        if title or category or severity or people_band:
            raise click.UsageError("with --jsonl, the lines say title, category, severity and band")
        if _many(using, jsonl, out, jobs):
            context.exit(1)
        return
    report = (title, text or "", category, severity or 0, people_band or "", False)
    explainer = using.explainer()
    (found,), heard = explainer.explain([report]), explainer.heard(report)
    learned = explainer.learned(report)
    if as_json:
        output.as_json(
            {
                **added(found),
                "weights": found.weights,
                "model_terms": [gram for gram, _ in learned],
                "sentiment_terms": [term for _, term in heard.terms],
                "cue_term": heard.cue_term if found.cue else None,
                "keys": [f"{key:016x}" for key in found.keys],
            }
        )
    else:
        show(report, found, heard, learned)


def _many(using: Using, jsonl: str, out: str, jobs: int | None) -> int:
    """Explain a file; how many of its lines could not be used."""
    path = None if jsonl == _STDIN else Path(jsonl)
    if jobs is None:
        # A pipe may be slow; its lines are answered as they come. A small file is done
        # before another process has started.
        small = path is None or (path.is_file() and path.stat().st_size < _SMALL_BYTES)
        jobs = 1 if small else _cores()
    refused = lines = 0
    with (
        _source(path) as source,
        _target(out) as target,
        bar("explaining", _line_count(path)) as advance,
    ):

        def write(block: Block) -> None:
            nonlocal refused, lines
            target.write(block.output)
            target.flush()
            for number, problem in block.problems[: max(0, _SHOWN_PROBLEMS - refused)]:
                click.echo(f"line {number} {problem}", err=True)
            refused += len(block.problems)
            lines += block.lines
            advance(block.lines)

        explain_lines(using, source, jobs, write)
    if refused:
        click.echo(f"{refused:,} of {lines:,} lines could not be used", err=True)
    return refused


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _line_count(path: Path | None) -> int | None:
    """For the bar; counted only where there is one."""
    if path is None or not sys.stderr.isatty():
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@contextmanager
def _source(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdin.buffer
        return
    with open(opened(path), "rb") as file:
        yield file


@contextmanager
def _target(out: str) -> Iterator[BinaryIO]:
    if out == _STDIN:
        yield sys.stdout.buffer
        return
    try:
        with Path(out).open("wb") as file:
            yield file
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from None
