"""The light job, as the Python peers do it: decode, identify, classify. State is the framework's.

Lighter than Huishang's on purpose: no check beyond what decoding needs, no
county looked up, nothing redacted, no excerpt, no rule judged, no dead letter.
"""

import msgspec
import xxhash

from agents.classify import Classifier


class Data(msgspec.Struct, gc=False):
    """The fields of a hotline call that the job needs."""

    county_code: str
    reported_at: str
    channel: str
    text: str


class Call(msgspec.Struct, gc=False):
    """A CloudEvent with a hotline call, cut down to what the job needs."""

    source: str
    id: str
    data: Data


decode = msgspec.json.Decoder(Call).decode


def identity(call: Call) -> int:
    """xxh3-64 of source, NUL, id, as in agents/decode.py."""
    return xxhash.xxh3_64_intdigest(f"{call.source}\0{call.id}".encode())


class Cells:
    """Says which count a call adds to."""

    def __init__(self) -> None:
        self._category = Classifier.load().category

    def of(self, call: Call) -> str:
        """county|category|channel|hour, the hour as the event writes it."""
        data = call.data
        category = self._category("", data.text)
        return f"{data.county_code}|{category}|{data.channel}|{data.reported_at[:13]}"
