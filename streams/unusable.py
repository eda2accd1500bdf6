"""Settings that cannot be used: which those are, and how it is said without a password."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

from streams.masking import masked
from streams.sources import PREFIX


def is_address(dsn: str) -> bool:
    """Whether a DSN's parts can be told from each other.

    urlsplit's own errors quote what may be part of a password.

    >>> is_address("http://me:pa/ss@db:8123/x"), is_address("http://me:pa%2Fss@db:8123/x")
    (False, True)
    """
    try:
        parts = urlsplit(dsn)
        server = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(server or parts.scheme == "chdb") and not re.search(r"\s", dsn)


def sentence(error: ValidationError, origins: Mapping[str, str]) -> str:
    """What is wrong with the first setting that is, on one line."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:  # of several settings together, so without what they hold
        return first["msg"].removeprefix("Value error, ")
    name = str(first["loc"][0])
    origin = origins.get(name, "default")
    # An address that cannot be read cannot be masked.
    secret = "file" in origin or "@" in str(first.get("input"))
    got = "what it holds" if secret else repr(masked(first.get("input")))
    message = first["msg"].removeprefix("Value error, ")
    if pattern := first.get("ctx", {}).get("pattern"):
        message = f"expected text like {pattern}"
    elif message.startswith("Input should be "):
        message = "expected " + message.removeprefix("Input should be ").split(", unable")[0]
    return f"{PREFIX}{name.upper()} ({origin}) cannot be {got}: {message}"
