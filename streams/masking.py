"""Passwords in what may be shown: addresses, errors, logs."""

import re
from typing import Final

_PASSWORD_IN_URL: Final = re.compile(r"(?<=://)([^:/@\s]*):\S*@")
_PASSWORD_AS_FIELD: Final = re.compile(r"(?i)\b(password|passwd|secret|token)=[^&;\s]+")
# Of a dictionary's source; of a statement that was cut off, too.
_PASSWORD_IN_SQL: Final = re.compile(r"(?i)\b(password\s+')(?:[^'\\]|\\.)*")


def masked(value: object) -> str:
    """A value as it may be shown: passwords inside addresses and SQL are replaced.

    >>> masked("https://grafana:secret@db:8443/huishang")
    'https://grafana:***@db:8443/huishang'
    >>> masked("http://db:8123/default?user=me&password=secret")
    'http://db:8123/default?user=me&password=***'
    >>> masked(r"... USER 'me' PASSWORD 'it\\'s secret' DB 'x'")
    "... USER 'me' PASSWORD '***' DB 'x'"
    """
    text = "" if value is None else str(value)
    text = _PASSWORD_IN_SQL.sub(r"\1***", _PASSWORD_IN_URL.sub(r"\1:***@", text))
    return _PASSWORD_AS_FIELD.sub(r"\1=***", text)
