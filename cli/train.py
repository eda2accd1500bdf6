"""`huishang train`: a model of topics out of a file of labelled texts."""

from pathlib import Path
from typing import Any

import click

from agents.classify import Classifier
from agents.model_file import save
from agents.training import FOLDS
from agents.training import train as learn
from cli import output
from cli.labelled import read
from cli.learning import examples
from streams.clock import clock_of
from streams.settings import load


@click.command(
    epilog="\b\nExamples:\n"
    "  huishang train --csv labelled.csv --text text --label label --out model.npz\n"
    "  huishang train --csv labelled.csv --groups grp --out model.npz --json\n"
    "  huishang evaluate topics --csv others.csv --model model.npz"
)
@click.option("--csv", "path", metavar="FILE", type=Path, required=True, help="With a header line.")
@click.option("--text", default="text", show_default=True, help="Column of the text.")
@click.option("--label", default="label", show_default=True, help="Column of the true label.")
@click.option("--title", help="Column of the title.  [default: title, if the file has it]")
@click.option("--groups", help="Column that near-duplicates share.  [default: the same text]")
@click.option("--encoding", help="Of the file.  [default: UTF-8, else GB18030]")
@click.option("--lexicon", type=Path, help="Folder of a lexicon.  [default: HUISHANG_LEXICON]")
@click.option("--folds", type=click.IntRange(2, 20), default=FOLDS, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--out", type=Path, metavar="NPZ", required=True, help="The model.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def train(
    path: Path,
    text: str,
    label: str,
    title: str | None,
    groups: str | None,
    encoding: str | None,
    lexicon: Path | None,
    folds: int,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Learn from texts that people have labelled, on top of the lexicon.

    Labels are our leaves, by code or Chinese name, or any others. Cross-validation
    says how good the model is on texts it has not seen, how sure it may be, and from
    which margin on the lexicon decides; all is kept in the file. Needs the extra
    `train`: pip install 'huishang[train]'.
    """
    labelled = read(path, text=text, label=label, title=title, encoding=encoding)
    settings = load()
    given = examples(labelled, Classifier.load(lexicon or settings.lexicon), groups)
    today = clock_of(settings).now().date()
    model = learn(given, {"trained": today.isoformat()}, folds=folds, seed=seed)
    size = save(model.learned, out)
    told = {
        **model.learned.about,
        "labels": list(model.labels),
        "margin": model.learned.margin,
        "bytes": size,
        "out": str(out),
    }
    if as_json:
        output.as_json(told)
    else:
        _show(told)


def _show(told: dict[str, Any]) -> None:
    figures = told["figures"]
    click.echo(
        f"{told['out']}: {told['bytes']:,} bytes, {len(told['labels'])} labels, learned from "
        f"{told['texts']:,} texts\n\non texts not seen in training ({figures['folds']} folds)"
    )
    output.table(
        ("decided by", "accuracy", "macro-F1"),
        [
            (name, f"{figures[key]['accuracy']:.4f}", f"{figures[key]['macro_f1']:.4f}")
            for name, key in (
                ("lexicon and model", "unseen"),
                ("model alone", "unseen_model_alone"),
                ("lexicon alone", "unseen_lexicon_alone"),
            )
        ],
    )
    click.echo(
        f"\nOn those it was trained on: macro-F1 {figures['fitted_macro_f1']:.4f}. The lexicon "
        f"decides {figures['decided_by_lexicon']:.1%} of texts, where its margin is at least "
        f"{told['margin']:.3f}."
    )
