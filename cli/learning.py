"""Labelled texts as a model learns from them, and judged by models that have not seen them."""

import time
from typing import NamedTuple

from agents import scores
from agents.classify import Classifier
from agents.fitting import Examples
from agents.normalise import normalise
from agents.texts import Texts
from agents.training import folds_of, train
from cli.judges import Judgement, LearnedTopics, leaf
from cli.labelled import Labelled
from streams.errors import UserError


class CrossValidated(NamedTuple):
    """Each text judged by a model trained without it and its near-duplicates.

    spent_s: processor time of judging. fitted: macro-F1 of each model on what it was trained
    on, the mean of all.
    """

    judged: list[Judgement]
    spent_s: float
    fitted: float


def examples(labelled: Labelled, classifier: Classifier, groups: str | None) -> Examples:
    """groups: column that near-duplicates share; None: those with the same text.

    Labels that are all leaves are brought to their codes. Raises UserError for a missing column.
    """
    if groups is not None and groups not in labelled.header:
        raise UserError(f"no column {groups!r}; the columns are: {', '.join(labelled.header)}")
    return Examples(
        labelled.titles,
        labelled.texts,
        classifier.scores(Texts.of(list(zip(labelled.titles, labelled.texts, strict=True)))),
        _leaves(labelled.labels),
        [row[groups] for row in labelled.rows]
        if groups is not None
        else [normalise(text) for text in labelled.texts],
    )


def cross_validated(
    given: Examples, classifier: Classifier, folds: int, seed: int = 0
) -> CrossValidated:
    """Train as `huishang train` does on all folds but one, and judge that one; for each."""
    judged: list[Judgement | None] = [None] * len(given.texts)
    fitted, spent_s = 0.0, 0.0
    for seen, held_out in folds_of(given, folds, seed):
        known = given.pick(seen)
        model = train(known, {}, seed=seed)
        judge = LearnedTopics(classifier, model).judge
        asked = given.pick(held_out)
        before = time.process_time()
        found = judge(asked.titles, asked.texts)
        spent_s += time.process_time() - before
        for place, judgement in zip(held_out.tolist(), found, strict=True):
            judged[place] = judgement
        said = [one.label for one in judge(known.titles, known.texts)]
        fitted += scores.macro_f1(scores.confusion(known.labels, said)) / folds
    return CrossValidated([one for one in judged if one is not None], spent_s, fitted)


def _leaves(labels: list[str]) -> list[str]:
    try:
        return [leaf(label) for label in labels]
    except ValueError:
        return labels
