"""A stage that was told to stop ends in time, whatever does not let go."""

import subprocess
import sys

HANGS = """
import asyncio, logging
from streams import stage

logging.basicConfig()
stage.STOP_WITHIN_S = 0.5
stage._leave_in_time()
asyncio.run(asyncio.sleep(600))
"""


def test_what_hangs_after_the_stop_does_not_keep_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "not stopped within 0.5 s; leaving" in done.stderr
