"""`huishang cases`: what cannot be asked is said in one sentence, before the store is opened."""

import pytest
from click.testing import CliRunner

from cli.cases import commands
from streams.errors import UserError


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["list", "--status", "lost"], "--status got 'lost'; expected one of registered"),
        (["list", "--county", "99"], "no county has that code"),
        (["rates", "--by", "colour"], "--by got 'colour'; expected some of county,level,owner"),
        (["rates", "--by", "day,day"], "each once"),
        (["rates", "--from", "soon"], "--from got 'soon'; expected a time with the year first"),
        (["rates", "--to", "2026-03-01T08:00"], "rates are kept by the day"),
    ],
)
def test_what_cannot_be_asked(asked: list[str], said: str) -> None:
    result = CliRunner().invoke(commands, asked)
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)
