"""What holds for every test: the caller's HUISHANG_* settings and .env file stay outside.

HUISHANG_TEST_* stay: files and sizes that tests alone read.
"""

import os

import pytest
from hypothesis import settings

from streams.settings import PREFIX, Settings

FOR_TESTS = f"{PREFIX}TEST_"

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("huishang", deadline=None)
settings.load_profile("huishang")


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        if not name.startswith(FOR_TESTS):
            del os.environ[name]
    Settings.model_config["env_file"] = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m kafka` and `-k kafka` find whatever needs Apache Kafka, through whichever fixture."""
    for item in items:
        if "kafka_only" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
