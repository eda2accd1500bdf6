"""Service URLs, as Apprise reads them; its log is kept where only we look."""

import logging
from typing import Any, Final

from apprise import plugins

# It tells what it sends, and at debug whole URLs: that is read for the answer (apprised),
# and comes to no other eye.
_APPRISE_LOG: Final = logging.getLogger("apprise")
_APPRISE_LOG.propagate = False
_APPRISE_LOG.setLevel(logging.DEBUG)
_APPRISE_LOG.addHandler(logging.NullHandler())


def parsed(url: str) -> Any:
    """What Apprise makes of a URL; None if it is none of its."""
    return plugins.url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]
