"""No secret is in any output, log, page, metric or file: planted in every place for one, looked for in all.

Debug level, wrong ones, hosts that are not there, exceptions inside; real processes.
"""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
import yaml

from streams.grants import GRANTS, rules
from tests.brokers import Broker, apart
from tests.duty_board import digest_of
from tests.guarded_store import USER, GuardedServer
from tests.kafka.guarded import GuardedKafka, guarded_kafka
from tests.processes import Child, run_huishang
from tests.stages import NOW, calls, deployed, event, structured
from tests.waiting import eventually_sync, free_port

KAFKA: Final = {stage: f"Kfk-{stage}-9b1d" for stage in GRANTS}
CLICKHOUSE: Final = "Chs:/@ 4e77"
HOOK, SIGN = "Hook-key-2c80", "Sign-key-6f3a"
TOKEN, WRONG = "Board-token-51be", "Wrong-one-c0de"
EVERY: Final = (*KAFKA.values(), CLICKHOUSE, HOOK, SIGN, TOKEN, digest_of(TOKEN), WRONG)
MARK: Final = "毒事项"

pytestmark = pytest.mark.timeout(420)
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def forms(secret: str) -> set[str]:
    """As it is, as an address, JSON or a header would have it, and what is left when it is cut."""
    login = base64.b64encode(f"{USER}:{secret}".encode()).decode()
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], login}


def leaked(*texts: str) -> dict[str, str]:
    """Secrets that are in one of the texts, with what is before them."""
    found = {}
    for text in texts:
        for secret in EVERY:
            for form in forms(secret):
                if (place := text.find(form)) >= 0:
                    found[secret] = text[max(0, place - 200) : place + 50]
    return found


def written(folder: Path, *own: Path) -> list[str]:
    """All files under the folder but these, which are the secrets' own."""
    files = (path for path in folder.rglob("*") if path.is_file() and path not in own)
    return [path.read_bytes().decode("utf-8", "replace") for path in files]


def page(address: str, token: str = "", body: bytes | None = None) -> str:
    """Whatever is answered, with its headers."""
    asked = urllib.request.Request(address, body)
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
        asked.add_header("Cookie", f"huishang_token={token}")
    try:
        with _OPENER.open(asked, timeout=30) as answer:
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as answer:
        with answer:
            return f"{answer.headers}{answer.read().decode()}"


def says(child: Child, word: str) -> bool:
    return word in child.text()


def files_of(folder: Path) -> dict[str, str]:
    """Settings of channels and of the board; the files hold no key in the open, but one."""
    nobody = free_port()
    hooks = [
        {"name": "hook", "url": f"json://u:${{HOOK}}@127.0.0.1:{nobody}/${{HOOK}}?-t=${{HOOK}}"},
        {"name": "mail", "url": f"mailtos://u:{SIGN}@mail.invalid?from=a@b.invalid&to=c@d.invalid"},
        {
            "name": "group",
            "url": f"feishu://${{HOOK}}?secret={SIGN}",
            "server": "http://no.invalid",
        },
    ]
    channels, access = folder / "channels.yaml", folder / "access.yaml"
    channels.write_text(yaml.safe_dump({"channels": hooks}), encoding="utf-8")
    seat = {"post": "值班室", "role": "admin", "sha256": digest_of(TOKEN), "counties": []}
    access.write_text(yaml.safe_dump({"tokens": [seat]}), encoding="utf-8")
    return {"channels": str(channels), "board_access": str(access)}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with a secret in every setting that takes one, of servers that are not there."""
    monkeypatch.setenv("HOOK", HOOK)
    said = {
        **files_of(tmp_path),
        "data": str(tmp_path / "data"),
        "log_level": "debug",
        "kafka": f"127.0.0.1:{free_port()}",
        "kafka_security": "sasl_plaintext",
        "kafka_user": "sink",
        "kafka_password": KAFKA["sink"],
        "clickhouse": f"http://127.0.0.1:{free_port()}/default",
        "clickhouse_user": USER,
        "clickhouse_password": CLICKHOUSE,
    }
    return {f"HUISHANG_{name.upper()}": value for name, value in said.items()}


def in_address(place: str, password: str = quote(CLICKHOUSE, safe="")) -> dict[str, str]:
    """The password in the DSN instead."""
    return {
        "HUISHANG_CLICKHOUSE": f"http://{USER}:{password}@{place}/default",
        "HUISHANG_CLICKHOUSE_USER": "",
        "HUISHANG_CLICKHOUSE_PASSWORD": "",
    }


COMMON: Final = [
    ["settings", "--json"],
    ["channels", "check"],
    ["board", "check"],
    ["topics", "show"],
    ["schema", "show"],
    ["doctor", "--json"],
]


@pytest.mark.parametrize("command", COMMON, ids=" ".join)
def test_commands_show_none(planted: dict[str, str], tmp_path: Path, command: list[str]) -> None:
    with run_huishang(*command, folder=tmp_path, env=planted) as child:
        child.wait(120)
        said = child.text()
    assert said
    assert leaked(said) == {}


STORE, BROKER, BOARD = ("schema", "apply"), ("topics", "apply"), ("board", "check")


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (STORE, in_address("no.invalid:8123")),
        (STORE, in_address("127.0.0.1:1")),
        (STORE, in_address("127.0.0.1:1", CLICKHOUSE)),
        (STORE, in_address("127.0.0.1:1", f"{WRONG}℀")),
        (STORE, in_address("127.0.0.1:1", f"{WRONG}/:")),
        (STORE, in_address("127.0.0.1:1", f"{WRONG}[")),
        (STORE, in_address("127.0.0.1:1") | {"HUISHANG_CLICKHOUSE_USER": "other"}),
        (STORE, in_address("") | {"HUISHANG_CLICKHOUSE": f"{USER}:{WRONG}@127.0.0.1:8123"}),
        (STORE, in_address("") | {"HUISHANG_CLICKHOUSE": f"http:/{USER}:{WRONG}@127.0.0.1/x"}),
        (STORE, {"HUISHANG_CLICKHOUSE_CA": "own", "HUISHANG_CLICKHOUSE": "https://127.0.0.1:1/x"}),
        (BROKER, {"HUISHANG_KAFKA": f"kafka://u:{WRONG}@127.0.0.1:9092"}),
        (BROKER, {"HUISHANG_KAFKA": f"u:{WRONG}@127.0.0.1:9092"}),
        (BROKER, {"HUISHANG_KAFKA": "no.invalid:9092"}),
        (BROKER, {"HUISHANG_KAFKA_PASWORD": WRONG}),
        (BROKER, {"HUISHANG_KAFKA_USER": ""}),
        (BROKER, {"HUISHANG_PARTITIONS_FILE": "own"}),
        (BROKER, {"HUISHANG_KAFKA_PASSWORD_FILE": "own"}),
        (BROKER, {"HUISHANG_KAFKA_SECURITY": "sasl_ssl", "HUISHANG_KAFKA_CERTIFICATE": "own"}),
        (("channels", "check"), {"HUISHANG_CHANNELS": "own"}),
        (BOARD, {"HUISHANG_BOARD_ACCESS": "own"}),
    ],
    ids=" ".join,
)
def test_a_command_that_fails_shows_none(
    planted: dict[str, str], tmp_path: Path, command: tuple[str, ...], wrong: dict[str, str]
) -> None:
    own = tmp_path / "own"
    own.write_text(f"{WRONG}: [{WRONG}\n", encoding="utf-8")
    given = {name: str(own) if value == "own" else value for name, value in wrong.items()}
    with run_huishang(*command, folder=tmp_path, env=planted | given) as child:
        assert child.wait(120) != 0
        assert "error" in child.text()
    secrets = [tmp_path / name for name in ("own", "channels.yaml", "access.yaml")]
    assert leaked(*written(tmp_path, *secrets)) == {}


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded"), KAFKA) as server:
        yield server


@pytest.mark.kafka
def test_stages_at_work_and_in_trouble_show_none(
    guarded: GuardedKafka,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", HOOK)
    broker = Broker("kafka", guarded, "secret.", tmp_path)
    for stage in GRANTS:
        for rule in rules(stage, broker.topic_prefix):
            apart(guarded.allow(stage, rule))
    with ExitStack() as children:
        server = GuardedServer(tmp_path_factory.mktemp("clickhouse"), children, CLICKHOUSE)
        server.start()
        clickhouse = {
            "clickhouse": server.dsn,
            "clickhouse_user": USER,
            "clickhouse_password": CLICKHOUSE,
            "clickhouse_ca": server.ca,
        }
        env = broker.env(**clickhouse)
        with run_huishang("schema", "apply", folder=tmp_path, env=env, name="schema") as child:
            assert child.wait(120) == 0, child.text()
        answers = []
        with deployed(broker, **clickhouse, **files_of(tmp_path), log_level="debug") as stages:
            for stage in GRANTS:
                with monkeypatch.context() as fault:
                    if stage == "intake":
                        fault.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "poisoned"))
                        fault.setenv("FAULT", "classify")
                        fault.setenv("MARK", MARK)
                    stages.start(stage, **guarded.by_password(stage))
            stages.ready()
            red = event("hotline-calls", "red", "620702", NOW, severity=1)
            stages.publish([structured("hotline-calls", one) for one in [*calls(range(50)), red]])
            down = "channel hook takes no messages"
            sink = stages.workers["sink"]
            eventually_sync(lambda: down in sink.text(), within_s=90, what="the hook down")
            for name in GRANTS:
                where = stages.address_of(name)
                for path in ("", "metrics", "health/ready", "health/live", "api/v1/me", "no"):
                    answers += [page(f"{where}{path}", token) for token in ("", TOKEN, WRONG)]
            answers.append(page(f"{stages.address_of('sink')}login", "", f"token={WRONG}".encode()))
            server.kill()  # and the sink's errors
            bad = event("hotline-calls", "bad", "620702", NOW, title=MARK)
            stages.publish([structured("hotline-calls", bad)])
            assert stages.workers["intake"].wait(90) == 70, "an exception inside"
            eventually_sync(lambda: "trying again" in sink.text(), within_s=90, what="the outage")
            for stage, wrong in (
                ("intake", {"kafka_password": WRONG}),
                ("tally", {"kafka_ca": guarded.another_authority}),
                ("sink", {"clickhouse": f"https://{USER}:{WRONG}@no.invalid:8443/x"}),
            ):
                given = guarded.by_password(stage) | wrong
                if stage == "sink":
                    given |= {"clickhouse_user": "", "clickhouse_password": ""}
                child = stages.start(stage, f"wrong-{stage}", **given)
                told = "trying again" if stage == "sink" else "error"
                eventually_sync(partial(says, child, told), within_s=90, what=f"{stage} in trouble")
            assert "Traceback" in stages.workers["intake"].text()
    assert all(answers)
    assert (
        leaked(*answers, *written(tmp_path, tmp_path / "channels.yaml", tmp_path / "access.yaml"))
        == {}
    )
