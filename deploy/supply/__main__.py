"""`python -m deploy.supply licences|sbom`: write docs/licences.md, or the image's bill of materials."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.supply.page import FILE, page
from deploy.supply.sbom import sbom, unlike

BILL: Final = Path("dist") / "huishang.cdx.json"


def main() -> int:
    """Write one of the two. SOURCE_DATE_EPOCH, seconds, gives the bill its time.

    Returns 1 where the packages of --installed are not those of the bill.
    """
    parser = argparse.ArgumentParser(prog="python -m deploy.supply", description=__doc__)
    parser.add_argument("what", choices=("licences", "sbom"))
    parser.add_argument("--out", type=Path, help=f"default {FILE.name}, {BILL}")
    parser.add_argument(
        "--installed", type=Path, help="what an image has, NAME==VERSION a line, to be compared"
    )
    given = parser.parse_args()
    if given.what == "licences":
        out, text = given.out or FILE, page()
    else:
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        out = given.out or BILL
        text = sbom(datetime.fromtimestamp(int(epoch), UTC) if epoch else None)
    if given.installed:
        other = unlike(text, given.installed.read_text(encoding="utf-8").split())
        if other:
            sys.stderr.write(f"only in the image, or only in the bill: {', '.join(other)}\n")
            return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
