"""What `huishang evaluate` reports: judgements against labels, as numbers and as a table."""

from collections.abc import Sequence
from typing import Any, Final

import click

from agents import scores
from cli import output
from cli.judges import Judgement

_DIGITS: Final = 4
_MISTAKES: Final = 10


def report(
    truth: Sequence[str],
    judged: Sequence[Judgement],
    us_per_text: float,
    *,
    ordered: bool = False,
    groups: bool = False,
) -> dict[str, Any]:
    """Everything measured, as `--json` prints it; see cli.judges.Task for ordered and groups.

    Of groups, what is labelled is each pair of texts: `same` or `different`.
    """
    said = [judgement.label for judgement in judged]
    table = scores.pairs(truth, said) if groups else scores.confusion(truth, said)
    steps = scores.within_one([int(t) for t in truth], [int(s) for s in said]) if ordered else None
    told: dict[str, Any] = {
        "n": len(truth),
        "accuracy": round(scores.accuracy(table), _DIGITS),
        "macro_f1": round(scores.macro_f1(table), _DIGITS),
        "within_one": None if steps is None else round(steps, _DIGITS),
        "us_per_text": round(us_per_text, 2),
        "per_class": per_class(table, ordered=ordered),
        "confusion": table,
        "calibration": _calibration(truth, judged),
    }
    if groups:
        told["pairwise"] = told["per_class"]["same"]
        told["b_cubed"] = _rounded(scores.b_cubed(truth, said))
        told["groups"] = {"true": len(set(truth)), "said": len(set(said))}
    return told


def per_class(table: scores.Confusion, *, ordered: bool = False) -> dict[str, dict[str, float]]:
    """Scores of each label, rounded; whole numbers in their order, other labels in the alphabet's."""
    found = scores.per_class(table)
    labels = sorted(found, key=int) if ordered else list(found)
    return {label: _rounded(found[label]) for label in labels}


def _rounded(score: scores.ClassScore) -> dict[str, float]:
    return {
        name: value if isinstance(value, int) else round(value, _DIGITS)
        for name, value in score._asdict().items()
    }


def _calibration(truth: Sequence[str], judged: Sequence[Judgement]) -> dict[str, Any] | None:
    sure = [one.confidence for one in judged if one.confidence is not None]
    if len(sure) < len(judged):
        return None
    right = [label == one.label for label, one in zip(truth, judged, strict=True)]
    found = scores.calibration(sure, right)
    return {
        "expected_error": round(found.expected_error, _DIGITS),
        "bins": [
            {name: round(value, _DIGITS) for name, value in one._asdict().items()}
            for one in found.bins
        ],
    }


def show(told: dict[str, Any]) -> None:
    """The same for people."""
    within = "" if told["within_one"] is None else f", within one step {told['within_one']:.4f}"
    if groups := told.get("groups"):
        b_cubed = told["b_cubed"]
        click.echo(
            f"{groups['true']:,} groups, {groups['said']:,} found; B-cubed precision "
            f"{b_cubed['precision']:.4f}, recall {b_cubed['recall']:.4f}, F1 {b_cubed['f1']:.4f}; "
            "below, each pair of texts counts"
        )
    click.echo(
        f"{told['n']:,} texts: accuracy {told['accuracy']:.4f}, macro-F1 {told['macro_f1']:.4f}"
        f"{within}, {told['us_per_text']:g} µs a text\n"
    )
    output.table(
        ("label", "precision", "recall", "F1", "n"),
        [
            (label, *(f"{one[key]:.3f}" for key in ("precision", "recall", "f1")), one["n"])
            for label, one in told["per_class"].items()
        ],
    )
    _show_mistakes(told["confusion"])
    if calibration := told["calibration"]:
        _show_calibration(calibration)


def _show_mistakes(confusion: scores.Confusion) -> None:
    mistakes = [
        (n, true, said)
        for true, row in confusion.items()
        for said, n in row.items()
        if said != true
    ]
    if mistakes:
        click.echo("\nmost frequent mistakes")
        mistakes.sort(key=lambda one: -one[0])
        output.table(("n", "label", "taken for"), mistakes[:_MISTAKES])


def _show_calibration(calibration: dict[str, Any]) -> None:
    click.echo(f"\ncalibration (expected error {calibration['expected_error']:.4f})")
    output.table(
        ("confidence", "n", "mean confidence", "right"),
        [
            (
                f"{one['low']:.1f}–{one['high']:.1f}",
                one["n"],
                f"{one['confidence']:.3f}",
                f"{one['accuracy']:.3f}",
            )
            for one in calibration["bins"]
        ],
    )
