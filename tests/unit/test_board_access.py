"""Who has a seat at the board: the access file, its mistakes, and `huishang board`."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from cli.main import main
from sinks.board.access import COOKIE, admitted, load
from sinks.board.limits import Limit, Limits
from streams.errors import UserError

HASH = sha256(b"t").hexdigest()
TOKEN = {"post": "值班室", "role": "duty", "sha256": HASH, "counties": ["620700"]}
USER = {"user": "u", "post": "市值班室", "role": "reader"}
PROXY = {"addresses": ["10.0.0.0/24"], "header": "X-User", "users": [USER]}


def written(folder: Path, content: Any) -> Path:
    path = folder / "access.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["board", *map(str, arguments)])


def test_a_token_by_header_or_cookie_and_a_user_by_the_proxy(tmp_path: Path) -> None:
    access = load(written(tmp_path, {"tokens": [TOKEN], "proxy": PROXY}))

    def post(peer: str = "", headers: Any = (), cookies: Any = ()) -> str:
        seat = admitted(access, peer, dict(headers), dict(cookies))
        return seat.post if seat else ""

    assert post(headers={"Authorization": "Bearer t"}) == "值班室"
    assert post(headers={"Authorization": "bearer  t "}) == "值班室"
    assert post(cookies={COOKIE: "t"}) == "值班室"
    assert post("10.0.0.9", {"X-User": "u"}) == "市值班室"
    for nobody in (
        ("10.0.0.9", {"X-User": "t"}, {}),
        ("10.0.1.9", {"X-User": "u"}, {}),
        ("", {"X-User": "u"}, {}),
        ("10.0.0.9", {"X-User": "u", "Authorization": "Basic t"}, {}),
        ("10.0.0.9", {"X-User": "u"}, {COOKIE: "wrong"}),
        ("", {"Authorization": f"Bearer {HASH}"}, {}),
        ("", {"Authorization": "Bearer "}, {}),
    ):
        assert post(*nobody) == "", nobody
    seat = admitted(access, "", {"Authorization": "Bearer t"}, {})
    assert seat is not None
    assert (seat.counties, seat.can_act) == (("6207",), True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "lets nobody in"),
        ("tokens: [", "not YAML"),
        ({"tokens": [TOKEN | {"role": "root"}]}, "$.tokens[0].role"),
        ({"tokens": [TOKEN | {"sha256": "t"}]}, "$.tokens[0].sha256"),
        ({"tokens": [TOKEN | {"name": "x"}]}, "unknown field"),
        ({"tokens": [TOKEN | {"counties": ["甘州"]}]}, "$.tokens[0].counties[0]"),
        ({"tokens": [TOKEN, TOKEN]}, "twice"),
        ({"proxy": PROXY | {"addresses": ["proxy.local"]}}, "is no address"),
        ({"proxy": PROXY | {"addresses": []}}, "$.proxy.addresses"),
        ({"proxy": PROXY | {"users": [USER, USER]}}, "twice"),
        ({"proxy": PROXY | {"header": "X User"}}, "$.proxy.header"),
    ],
)
def test_mistakes_are_said_with_their_place(tmp_path: Path, content: Any, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(UserError) as refused:
        load(path)
    assert says in str(refused.value)
    said = run("check", path)
    assert said.exit_code == 2
    assert says in said.output


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        load(tmp_path / "none.yaml")
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        load(path)


def test_a_made_token_opens_what_its_entry_says(tmp_path: Path) -> None:
    said = run("token", "--post", "甘州区值班室", "--role", "duty", "--county", "甘州区", "--json")
    made = json.loads(said.stdout)
    path = written(tmp_path, {"tokens": [made["entry"]]})
    seat = admitted(load(path), "", {"Authorization": f"Bearer {made['token']}"}, {})
    assert seat is not None
    assert (seat.post, seat.role, seat.counties) == ("甘州区值班室", "duty", ("620702",))
    assert made["token"] not in path.read_text("utf-8")
    listed = json.loads(run("check", path, "--json").stdout)["seats"]
    assert listed == [
        {"post": "甘州区值班室", "role": "duty", "counties": ["620702"], "by": "token"}
    ]


def test_a_token_is_shown_beside_the_entry_and_never_the_same(tmp_path: Path) -> None:
    first, second = (run("token", "--post", "岗", "--role", "reader") for _ in range(2))
    [entry] = yaml.safe_load(first.stdout)
    token = first.stderr.split()[-1]
    assert entry == {"post": "岗", "role": "reader", "sha256": sha256(token.encode()).hexdigest()}
    assert token not in first.stdout
    assert first.stdout != second.stdout
    assert "no mistake" in run("check", written(tmp_path, {"tokens": [entry]})).output


def test_a_bucket_forgets_who_asked_longest_ago_and_never_fills_beyond_its_burst() -> None:
    limits = Limits(Limit(1, 1))
    assert limits.wait_s("a", 0) == 0
    assert limits.wait_s("a", 0.5) == 0.5
    assert limits.wait_s("a", 100) == 0
    assert limits.wait_s("a", 100) == 1
    for number in range(20_000):
        limits.wait_s(str(number), 100)
    assert limits.wait_s("a", 100) == 0
    assert limits.wait_s("19999", 100) > 0
