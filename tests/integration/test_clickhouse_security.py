"""ClickHouse over TLS with a user and a password or certificate: let in, or told clearly why not."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from tests.brokers import Broker
from tests.guarded_store import USER, GuardedServer, wanting_certificates
from tests.processes import run_huishang
from tests.stages import as_calls, calls, deployed
from tests.stores import serving
from tests.waiting import eventually_sync, free_port

PASSWORD: Final = "Geheim:/@ 7f3a&password=x"  # what an address would have to escape
WRONG: Final = "Geheim-falsch"
REFUSED: Final = 77
UNUSABLE: Final = 78

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """It has its tables."""
    folder = tmp_path_factory.mktemp("clickhouse")
    with ExitStack() as children:
        server = GuardedServer(folder, children, PASSWORD)
        server.start()
        code, said = told(folder, by_password(server), "schema", "apply")
        assert code == 0, said
        yield server


def by_password(server: GuardedServer) -> dict[str, str]:
    return {
        "HUISHANG_CLICKHOUSE": server.dsn,
        "HUISHANG_CLICKHOUSE_USER": USER,
        "HUISHANG_CLICKHOUSE_PASSWORD": PASSWORD,
        "HUISHANG_CLICKHOUSE_CA": str(server.ca),
    }


def told(folder: Path, env: dict[str, str], *command: str) -> tuple[int, str]:
    """Exit code and all that a command says."""
    given = {"HUISHANG_DATA": str(folder / "data"), **env}
    with run_huishang(*command, folder=folder, env=given) as child:
        return child.wait(60), child.text()


def stage_by_password(server: GuardedServer) -> dict[str, Any]:
    return {
        name.removeprefix("HUISHANG_").lower(): value for name, value in by_password(server).items()
    }


def test_the_sink_writes_and_commands_read_over_tls(
    guarded: GuardedServer, embedded_only: Broker
) -> None:
    """The address without secrets, the password in a file of its own."""
    secret = embedded_only.data / "password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    env = by_password(guarded) | {"HUISHANG_CLICKHOUSE_PASSWORD_FILE": str(secret)}
    del env["HUISHANG_CLICKHOUSE_PASSWORD"]
    refused = guarded.refused()

    def all_counted() -> bool:
        code, said = told(embedded_only.data, env, "counts", "--by", "category", "--format", "json")
        assert code == 0, said
        return '"counted":300' in said.replace(" ", "")

    with deployed(embedded_only, "intake", "tally", "sink", **stage_by_password(guarded)) as stages:
        stages.publish(as_calls(calls(range(300))))
        eventually_sync(all_counted, within_s=90, what="every call counted")
    assert guarded.refused() == refused


def test_the_doctor_sees_how_long_the_certificate_holds_and_who_is_not_let_in(
    guarded: GuardedServer, tmp_path: Path
) -> None:
    env = {**by_password(guarded), "HUISHANG_KAFKA": f"127.0.0.1:{free_port()}"}
    found = {}
    for password in (PASSWORD, WRONG):
        env["HUISHANG_CLICKHOUSE_PASSWORD"] = password
        folder = tmp_path / str(len(found))
        folder.mkdir()
        code, said = told(folder, env, "doctor", "--stage", "sink", "--json")
        assert code == 1, said  # Kafka is away
        assert password not in said
        found[password] = {
            one["check"]: f"{one['verdict']}: {one['said']}"
            for one in json.loads(said)["findings"]
            if one["group"] == "clickhouse"
        }
    right, wrong = found[PASSWORD], found[WRONG]
    assert right["certificate"].startswith("ok: the certificate of ClickHouse ends on")
    assert right["permissions"].startswith("ok")
    assert wrong["reached"].startswith("problem")
    assert "check" in wrong["reached"]
    assert wrong["permissions"].startswith("not asked")


def test_user_and_password_may_stand_in_the_address(guarded: GuardedServer, tmp_path: Path) -> None:
    dsn = guarded.dsn.replace("://", f"://{USER}:Geheim%3A%2F%40%207f3a%26password%3Dx@")
    env = {"HUISHANG_CLICKHOUSE": dsn, "HUISHANG_CLICKHOUSE_CA": str(guarded.ca)}
    code, said = told(tmp_path, env, "schema", "show")
    assert code == 0, said


def test_a_certificate_says_who_comes(guarded: GuardedServer, tmp_path: Path) -> None:
    env = by_password(guarded) | {"HUISHANG_CLICKHOUSE_CERTIFICATE": str(guarded.client)}
    code, said = told(tmp_path, env, "schema", "show")
    assert code == 0, f"a certificate, and a password: {said}"
    del env["HUISHANG_CLICKHOUSE_PASSWORD"]
    code, said = told(tmp_path, env, "schema", "show")
    assert code == 0, f"a certificate alone: {said}"
    del env["HUISHANG_CLICKHOUSE_CERTIFICATE"]
    code, said = told(tmp_path, env, "schema", "show")
    assert (code, "refuses the login" in said) == (REFUSED, True), said


def test_a_certificate_that_is_not_shown_is_asked_for(
    guarded: GuardedServer, tmp_path: Path
) -> None:
    with wanting_certificates(guarded) as port:
        address = f"https://127.0.0.1:{port}/default"
        env = by_password(guarded) | {"HUISHANG_CLICKHOUSE": address}
        code, said = told(tmp_path, env, "schema", "show")
    assert (code, "HUISHANG_CLICKHOUSE_CERTIFICATE" in said) == (REFUSED, True), said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"PASSWORD": WRONG}, "refuses the login"),
        ({"USER": "nobody"}, "refuses the login"),
        ({"CA": "another"}, "set HUISHANG_CLICKHOUSE_CA"),
        ({"CA": ""}, "set HUISHANG_CLICKHOUSE_CA"),
        (
            {"": "https://localhost:{port}/default"},
            "'localhost'; set HUISHANG_CLICKHOUSE to a name",
        ),
        ({"": "http://127.0.0.1:{port}/default"}, "speaks TLS; write https://"),
    ],
    ids=["password", "user", "authority", "system's authorities", "name", "without TLS"],
)
def test_who_is_not_let_in_is_told_why(
    guarded: GuardedServer, tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    env = by_password(guarded)
    for name, value in wrong.items():
        given = value.format(port=guarded.port).replace("another", str(guarded.another_ca))
        env[f"HUISHANG_CLICKHOUSE_{name}".rstrip("_")] = given
    let_in, refused = guarded.let_in(), guarded.refused()
    code, said = told(tmp_path, env, "schema", "show")
    assert (code, says in said, "Traceback" in said) == (REFUSED, True, False), said
    assert guarded.let_in() == let_in
    assert guarded.refused() <= refused + 1, "it tried once"
    assert [word for word in (PASSWORD, WRONG) if word in said] == []


def test_https_to_a_port_without_tls_is_told(tmp_path: Path) -> None:
    with serving(web.Application) as port:
        env = {"HUISHANG_CLICKHOUSE": f"https://127.0.0.1:{port}/default"}
        code, said = told(tmp_path, env, "schema", "show")
    assert (code, "write http://" in said, "Traceback" in said) == (REFUSED, True, False), said


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"_CA": "empty.pem"}, "HUISHANG_CLICKHOUSE_CA names"),
        ({"_CERTIFICATE": "empty.pem"}, "HUISHANG_CLICKHOUSE_CERTIFICATE names"),
        ({"": f"https://{USER}:{WRONG}@127.0.0.1:1/x", "_USER": "other"}, "keep one of them"),
        ({"": f"https://{USER}:{WRONG}/{WRONG}@127.0.0.1:1/x"}, "/ as %2F"),
    ],
    ids=["authority", "certificate", "two users", "a password's sign"],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, settings: dict[str, str], says: str
) -> None:
    (tmp_path / "empty.pem").touch()
    env = {"HUISHANG_CLICKHOUSE": "https://127.0.0.1:1/default"}
    env |= {f"HUISHANG_CLICKHOUSE{name}": value for name, value in settings.items()}
    code, said = told(tmp_path, env, "schema", "show")
    assert (code, says in said, WRONG in said) == (UNUSABLE, True, False), said


def test_a_sink_that_is_refused_ends_and_does_not_try_again(
    guarded: GuardedServer, embedded_only: Broker
) -> None:
    given = stage_by_password(guarded)
    refused = guarded.refused()
    with deployed(embedded_only) as stages:
        workers = [
            stages.start("sink", "wrong-password", **given | {"clickhouse_password": WRONG}),
            stages.start("sink", "wrong-ca", **given | {"clickhouse_ca": guarded.another_ca}),
        ]
        for child in workers:
            assert child.wait(90) == REFUSED, child.text()
        said = "".join(child.text() for child in workers)
    assert guarded.refused() == refused + 1
    assert [word for word in (PASSWORD, WRONG, "Traceback", "trying again") if word in said] == []


def test_a_server_that_is_away_is_waited_for(guarded: GuardedServer, embedded_only: Broker) -> None:
    """An outage is no refusal, over TLS as well."""
    guarded.kill()
    with deployed(embedded_only) as stages:
        sink = stages.start("sink", **stage_by_password(guarded))
        eventually_sync(lambda: "trying again" in sink.text(), within_s=90, what="the sink trying")
        guarded.start()
        stages.ready("sink")
