"""`python -m deploy.grafana`: write the boards' JSON, for here or for another place."""

import argparse
import sys
from pathlib import Path
from typing import Final

from deploy.grafana.board import DUTY_BOARD_URL, written
from deploy.grafana.boards import BOARDS

FOLDER: Final = Path(__file__).parent / "dashboards"


def main() -> int:
    """Write every board, or with --check say which file is not as the code has it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana", description=__doc__)
    parser.add_argument("--duty-board", default=DUTY_BOARD_URL, help="address that links go to")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder that is written to")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    given = parser.parse_args()
    texts = {f"{board.uid}.json": written(board, given.duty_board) for board in BOARDS}
    if given.check:
        held = {path.name: path.read_text(encoding="utf-8") for path in given.out.glob("*.json")}
        other = sorted(
            name for name in texts.keys() | held.keys() if texts.get(name) != held.get(name)
        )
        if other:
            sys.stderr.write(f"not as the code has them: {', '.join(other)}; run `make boards`\n")
        return bool(other)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (given.out / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
