"""Has a worker that a test starts log in as LOGIN_AS; Python imports this first where the folder is on its path.

The product's own settings do not say how to log in yet. A fault of tests/poisoned comes on top.
"""

import importlib.util
import os
from pathlib import Path
from typing import Any

USER = os.environ.get("LOGIN_AS", "")
POISONED = Path(__file__).parents[1] / "poisoned" / "sitecustomize.py"


def _log_in() -> None:
    from aiokafka.client import AIOKafkaClient

    start = AIOKafkaClient.__init__

    def with_login(self: Any, *args: Any, **given: Any) -> None:
        login = {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": USER,
            "sasl_plain_password": USER,
        }
        start(self, *args, **{**given, **login})

    AIOKafkaClient.__init__ = with_login


if USER:
    _log_in()
    spec = importlib.util.spec_from_file_location("poisoned", POISONED)
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
