"""Prints recall per kind and what was altered wrongly: python -m tests.redaction [--json] [--misses N]."""

import argparse
import json
from collections import Counter, defaultdict

from agents.redaction import redact
from tests.redaction.stays import altered, tempting
from tests.redaction.texts import Text, generate, held_out, left, lines, lost, taken

# The half of each file of sentences that may be read while tuning, and the one that is held out.
HALVES = {"sentences": ("tune", "held_out"), "fresh": ("fresh_tune", "fresh_held_out")}


def measure(texts: list[Text]) -> dict[str, object]:
    """Recall per kind, how many texts lost something that is no item, and the misses themselves."""
    total: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    misses: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    extra: list[tuple[str, str]] = []
    for text in texts:
        redacted = redact(text.text)
        spans = taken(text.text, redacted) or []
        for _, _, kind in text.items:
            for name in {kind, kind.split("·")[0]}:
                total[name] += 1
        for start, end, kind in left(text, spans):
            for name in {kind, kind.split("·")[0]}:
                missed[name] += 1
            misses[kind].append((text.text[start:end], text.text, redacted))
        extra.extend((part, text.text) for part in lost(text, spans))
    return {
        "texts": len(texts),
        "recall": {kind: round(1 - missed[kind] / total[kind], 4) for kind in sorted(total)},
        "items": dict(sorted(total.items())),
        "lost_beside": len(extra),
        "misses": misses,
        "extra": extra,
    }


def _show(found: dict[str, object], kind: str, count: int) -> None:
    """Prints some of the misses; not those of the half that is held out."""
    for name, list_of in sorted(found["misses"].items()):  # type: ignore[attr-defined]
        if kind in name:
            print(f"--- {name}: {len(list_of)}")
            for item, text, _ in list_of[:count]:
                print(f"  {item!r}: {text!r}")
    print("--- beside", *found["extra"][:count], sep="\n  ")  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.redaction", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--misses", type=int, default=0, help="show so many of each kind")
    parser.add_argument("--kind", default="")
    args = parser.parse_args()
    result: dict[str, object] = {"seed": args.seed}
    for name, halves in HALVES.items():
        texts = list(generate(args.count, args.seed, lines(f"{name}.txt")))
        for half, held in zip(halves, (False, True), strict=True):
            found = measure([text for text in texts if held_out(text.frame) is held])
            if args.misses and not held:
                _show(found, args.kind, args.misses)
            result[half] = {key: found[key] for key in found if key not in {"misses", "extra"}}
    for key, name in (("tempting", "stays.txt"), ("fresh_tempting", "fresh_stays.txt")):
        wrong, all_of = altered(name), tempting(name)
        share = round(len(wrong) / len(all_of), 4)
        result[key] = {"texts": len(all_of), "altered": len(wrong), "share": share}
        if args.misses and key == "tempting":
            print("--- tempting", *wrong[: args.misses], sep="\n  ")
    print(json.dumps(result, ensure_ascii=False, indent=None if args.json else 1))


if __name__ == "__main__":
    main()
