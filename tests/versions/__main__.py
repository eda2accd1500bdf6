"""`python -m tests.versions`: writes today's shapes down, and with a name the records of this version.

python -m tests.versions            tests/versions/shapes.json
python -m tests.versions 0.1.0      and tests/versions/0.1.0/, when that version is released
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.versions import records, shapes
from tests.versions.checkout import ROOT


def main() -> int:
    """Exit status: 0 written; 1 refused, since the version before would not read it."""
    parser = argparse.ArgumentParser(prog="python -m tests.versions", description=__doc__)
    parser.add_argument("name", nargs="?", help="of the version, to write its records")
    given = parser.parse_args()
    if wrong := shapes.mistakes(shapes.kept(), shapes.listed()):
        print("\n".join(wrong), file=sys.stderr)
        print("not written: see docs/decisions/0022-evolution.md", file=sys.stderr)
        return 1
    shapes.keep(shapes.listed())
    if given.name:
        folder = Path(__file__).parent / given.name
        records.write(folder)
        head = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        commit = subprocess.run(head, check=True, capture_output=True, text=True).stdout
        (folder / "commit").write_text(commit, encoding="ascii")
        folder.with_name("before").write_text(f"{given.name}\n", encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
