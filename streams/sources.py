"""Where settings are said: environment, files, .env, secret files; first come, first served."""

import difflib
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from streams.errors import SettingsError

PREFIX: Final = "HUISHANG_"
SECRETS: Final = Path("/run/secrets")
_ELSEWHERE: Final = (f"{PREFIX}TEST_",)  # read by the test suite


def sources(
    given: Mapping[str, Any], names: Collection[str], dotenv: str | None
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """(origin, what it says) of the settings called names. given: the command line.

    Raises SettingsError for a file that cannot be read, and a setting said in two ways.
    """
    yield "command line", given
    yield "environment", _named(os.environ)
    for name in names:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            if os.environ.get(PREFIX + name.upper()):
                raise SettingsError(
                    f"{variable} and {PREFIX}{name.upper()} are both set; keep one of them"
                )
            yield f"file {path}", {name: _content(Path(path), variable)}
    yield ".env", _named(_of_dotenv(dotenv))
    for name in names:
        path_of_secret = SECRETS / (PREFIX + name.upper())
        if path_of_secret.is_file():
            yield "secret file", {name: _content(path_of_secret, PREFIX + name.upper())}


def strangers(
    environment: Mapping[str, str], names: Collection[str], dotenv: str | None
) -> list[str]:
    """One sentence for each HUISHANG_ variable that is no setting, with the closest name."""
    known = {PREFIX + name.upper() for name in names}
    sentences = []
    for name in sorted({*environment, *_of_dotenv(dotenv)}):
        if not name.startswith(PREFIX) or name.startswith(_ELSEWHERE):
            continue
        if name in known or name.removesuffix("_FILE") in known:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; {close[0]} is the closest" if close else ""
        sentences.append(f"{name} is no setting of Huishang and has no effect{hint}")
    return sentences


def _named(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Settings by their own names; an empty variable says nothing."""
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if value and name.startswith(PREFIX) and name.isupper()
    }


def _content(path: Path, variable: str) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{variable}: cannot read {path}: {why}") from None


def _of_dotenv(path: str | None) -> dict[str, str | None]:
    if not path or not Path(path).is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415

    return dotenv_values(path)
