"""Takes personal data out of texts: `redact` is the one entry; what goes and stays: docs/decisions/0004-redaction.md."""

from agents.redaction.passes import redact

__all__ = ["redact"]
