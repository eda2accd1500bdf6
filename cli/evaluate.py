"""`huishang evaluate`: how often the code says what people say, on a file of labelled texts."""

import inspect
import time
from copy import copy
from functools import partial
from pathlib import Path
from typing import Final

import click

from cli import output
from cli.bar import bar
from cli.baseline import baseline
from cli.judged import report, show
from cli.judges import LABELS, TASKS, Judgement, Options, Task
from cli.labelled import Labelled, read, write_predictions
from streams.settings import load

_SUBJECTS: Final = {
    "topics": "What a text is about: leaves like D09, by code or Chinese name; "
    "--labels mailbox7 for the seven labels of a government mailbox.",
    "sentiment": "How a text sounds towards the matter, -2 to 2; --labels polarity for its sign alone.",
    "severity": "How grave a text is, 1 (red) to 4 (blue); --labels grave for red and orange "
    "against the rest.",
    "incidents": "Which texts are the same matter: rows with the same label are one, and what "
    "counts is each pair of rows. Rows without a label take part, but are not counted.",
}
_CHUNK: Final = 500  # texts between two moves of the bar


@click.command(
    epilog="\b\nExamples:\n"
    "  huishang evaluate topics --csv labelled.csv --text text --label label\n"
    "  huishang evaluate topics --csv mailbox.csv --labels mailbox7 --out predictions.csv\n"
    "  huishang evaluate topics --csv labelled.csv --lexicon my-lexicon --json\n"
    "  huishang evaluate topics --csv others.csv --model model.npz\n"
    "  huishang evaluate topics --csv labelled.csv --folds 5 --groups grp"
)
@click.argument("subject", type=click.Choice(list(TASKS)))
@click.option("--csv", "path", metavar="FILE", type=Path, required=True, help="With a header line.")
@click.option("--text", default="text", show_default=True, help="Column of the text.")
@click.option("--label", default="label", show_default=True, help="Column of the true label.")
@click.option("--title", help="Column of the title.  [default: title, if the file has it]")
@click.option("--encoding", help="Of the file.  [default: UTF-8, else GB18030]")
@click.option(
    "--labels", type=click.Choice(list(LABELS)), help="Labels compared.  [default: our own]"
)
@click.option("--lexicon", type=Path, help="Folder of a lexicon.  [default: HUISHANG_LEXICON]")
@click.option("--model", type=Path, metavar="NPZ", help="Of topics, made by `huishang train`.")
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    help="Train on all folds but one and judge that one, for each fold.",
)
@click.option("--groups", help="Column that near-duplicates share, for --folds.")
@click.option("--out", type=Path, metavar="CSV", help="Write the rows with a column `predicted`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def texts(
    subject: str,
    path: Path,
    text: str,
    label: str,
    title: str | None,
    encoding: str | None,
    labels: str | None,
    lexicon: Path | None,
    model: Path | None,
    folds: int | None,
    groups: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Judge texts that people have labelled, and compare.

    Printed: n, accuracy, macro-F1, share within one step (for ordered labels),
    processor time per text of the judging alone, precision, recall and F1 per
    label, what was taken for what, and how far confidence can be trusted.
    """
    if labels is not None and LABELS[labels] != subject:
        raise click.UsageError(f"--labels {labels} is of {LABELS[labels]}, not of {subject}")
    if subject != "topics" and (model or folds):
        raise click.UsageError(f"--model and --folds are of topics, not of {subject}")
    if model and folds:
        raise click.UsageError("--folds trains models of its own: leave --model out")
    lexicon = lexicon or load().lexicon
    task = TASKS[subject](Options(lexicon, labels, model))
    labelled = read(
        path,
        text=text,
        label=label,
        title=title,
        meant=task.meant,
        unlabelled=task.groups,
        encoding=encoding,
    )
    fitted = None
    if folds:
        judged, spent_s, fitted = _cross_validated(labelled, lexicon, folds, groups)
    else:
        judged, spent_s = judge(task, labelled, subject)
    # Rows without a label were there to be confused with; nobody knows what they are.
    known = [place for place, given in enumerate(labelled.labels) if given]
    told = report(
        [labelled.labels[place] for place in known],
        [judged[place] for place in known],
        spent_s / len(judged) * 1e6,
        ordered=task.ordered,
        groups=task.groups,
    )
    if fitted is not None:
        told["fitted_macro_f1"] = round(fitted, 4)
        told["gap"] = round(fitted - told["macro_f1"], 4)
    if out is not None:
        write_predictions(out, labelled, [one.label for one in judged])
    if as_json:
        output.as_json({"subject": subject, **told})
    else:
        show(told)
        if fitted is not None:
            click.echo(f"\nmacro-F1 on the texts trained on {fitted:.4f}, gap {told['gap']:.4f}")


def _of(subject: str) -> click.Command:
    """The command for one subject that is judged by texts."""
    command = copy(texts)
    command.name = subject
    command.params = [param for param in texts.params if param.name != "subject"]
    command.callback = partial(texts.callback, subject) if texts.callback else None
    command.help = f"{_SUBJECTS[subject]}\n\n{inspect.cleandoc(texts.help or '')}"
    command.short_help = _SUBJECTS[subject].partition(":")[0].partition(",")[0] + "."
    return command


@click.group(
    epilog="\b\nExamples:\n"
    "  huishang evaluate topics --csv labelled.csv\n"
    "  huishang evaluate baseline --dir syndromic"
)
def evaluate() -> None:
    """How often the code says what people say, or finds what is known to be there."""


for _subject in TASKS:
    evaluate.add_command(_of(_subject))
evaluate.add_command(baseline)


def _cross_validated(
    labelled: Labelled, lexicon: Path | None, folds: int, groups: str | None
) -> tuple[list[Judgement], float, float]:
    # Training's own libraries are only there for those who train.
    from agents.classify import Classifier  # noqa: PLC0415
    from cli.learning import cross_validated, examples  # noqa: PLC0415

    classifier = Classifier.load(lexicon)
    given = examples(labelled, classifier, groups)
    return cross_validated(given, classifier, folds)


def judge(task: Task, labelled: Labelled, description: str) -> tuple[list[Judgement], float]:
    """Judgements of all texts, and the seconds of processor time they took."""
    n = len(labelled.texts)
    chunk = n if task.groups else _CHUNK
    judged: list[Judgement] = []
    spent_s = 0.0
    with bar(description, n) as advance:
        for start in range(0, n, chunk):
            titles = labelled.titles[start : start + chunk]
            texts = labelled.texts[start : start + chunk]
            before = time.process_time()
            judged += task.judge.judge(titles, texts)
            spent_s += time.process_time() - before
            advance(len(texts))
    return judged, spent_s
