"""Passwords in what may be shown: addresses, errors, logs."""

import re
from typing import Final

_PASSWORD_IN_URL: Final = re.compile(r"(?<=://)([^:/@\s]*):\S*@")
_PASSWORD_AS_FIELD: Final = re.compile(r"(?i)\b(password|passwd|secret|token)=[^&;\s]+")


def masked(value: object) -> str:
    """A value as it may be shown: passwords inside addresses are replaced.

    >>> masked("https://grafana:secret@db:8443/huishang")
    'https://grafana:***@db:8443/huishang'
    >>> masked("http://db:8123/default?user=me&password=secret")
    'http://db:8123/default?user=me&password=***'
    """
    text = "" if value is None else str(value)
    return _PASSWORD_AS_FIELD.sub(r"\1=***", _PASSWORD_IN_URL.sub(r"\1:***@", text))
