"""Reads YAML files that may hold secrets: what is wrong with one is told without quoting it."""

import re
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from streams.errors import UserError

T = TypeVar("T")


def read(path: Path, kind: type[T], name: str, page: str) -> T:
    """The file as a struct. name: what it is called; page: of docs/, that lists its fields.

    Raises UserError saying where and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot read the {name} file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"the {name} file {path} is not UTF-8 text") from None
    try:
        return msgspec.convert(yaml.safe_load(text), kind, strict=True)
    except yaml.MarkedYAMLError as error:
        # Its own text quotes the line.
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{line}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise UserError(f"{path}: not YAML") from None
    except msgspec.ValidationError as error:
        # It names the place and the type, and of a word that is not allowed the word: no address.
        said = re.sub(r"\S*://\S*", "an address", str(error))
        raise UserError(f"{path}: {said}; {page} lists every field") from None
