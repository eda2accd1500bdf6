"""SQL for a server, a cluster and its readers: every statement is one that the engine can read."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from sinks import migrate, views
from sinks.cluster import EVERYWHERE, clustered
from sinks.grants import PUBLIC_ROLE, Reader, granted, readable
from sinks.retention import KEPT, changes
from sinks.statements import statements
from sinks.store import Store, embedded_dsn
from streams.errors import Fatal
from streams.settings import Settings
from tests.stores import NOW

PLAIN = [
    *(one for migration in migrate.shipped() for one in statements(migration.text)),
    *views.made(views.Made(counties="6207")),
    *changes(dict.fromkeys(KEPT, ""), Settings()),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("data") / "store")) as store:
        migrate.apply(store, NOW)
        yield store


def readable_by_the_engine(store: Store, statement: str) -> None:
    """Parses what a server would; raises Fatal where it cannot."""
    [found] = store.query("SELECT formatQuery({text:String}) AS text", {"text": statement})
    assert found["text"]


def test_every_statement_of_both_variants_parses(store: Store) -> None:
    for statement in PLAIN:
        assert clustered(statement, "") == [statement]
        for one in (statement, *clustered(statement, "city")):
            readable_by_the_engine(store, one)


def test_on_a_cluster_every_table_is_replicated_and_those_with_many_rows_are_spread() -> None:
    text = "\n".join(one for statement in PLAIN for one in clustered(statement, "city"))
    made = [one for one in PLAIN if one.startswith("CREATE TABLE")]
    names = {one.split("\n")[0].rpartition(" ")[2] for one in made}
    assert text.count("ReplicatedReplacingMergeTree(") == len(made)
    assert " ReplacingMergeTree" not in text
    assert " non_replicated" not in text
    for name in names - EVERYWHERE:
        assert f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER city AS {name}_local\n" in text
    for line in text.splitlines():
        if line.startswith(("CREATE", "ALTER")):
            assert " ON CLUSTER city" in line
    assert "Distributed(city, currentDatabase(), counts_local, cityHash64(county))" in text
    assert "cityHash64(topic, `partition`, `offset`)" in text
    assert "ALTER TABLE alerts_local ON CLUSTER city MODIFY TTL" in text
    assert "ALTER TABLE alerts ON CLUSTER city MODIFY TTL" not in text


def test_an_embedded_store_is_in_no_cluster(store: Store) -> None:
    with pytest.raises(Fatal, match="embedded and in no cluster"):
        migrate.apply(store, NOW, settings=Settings(clickhouse_cluster="city"))


def test_rows_are_kept_as_long_as_is_set_and_only_changes_are_applied(store: Store) -> None:
    def engines() -> dict[str, str]:
        rows = store.query("SELECT name, engine_full FROM system.tables WHERE engine LIKE '%Tree'")
        return {row["name"]: row["engine_full"] for row in rows}

    before = Settings(keep_alerts_days=3_650, keep_letters_days=3_650)
    assert len(list(changes(engines(), before))) == len(KEPT)
    migrate.apply(store, NOW, settings=before)
    assert list(changes(engines(), before)) == []
    after = Settings(keep_alerts_days=3_650, keep_letters_days=3_651)
    changed = [one.split()[2] for one in changes(engines(), after)]
    assert changed == [table for table, (_, name) in KEPT.items() if name == "keep_letters_days"]


@pytest.mark.parametrize("cluster", ["", "city"])
@pytest.mark.parametrize("public", [False, True])
def test_grants_parse(store: Store, cluster: str, public: bool) -> None:
    found = list(granted(Reader("grafana", "ab" * 32, ["6207"], "huishang", cluster, public)))
    for statement in found:
        readable_by_the_engine(store, statement)
        assert (" ON CLUSTER city" in statement) == bool(cluster)


def test_views_that_readers_get_are_there_and_have_the_county_that_policies_name(
    store: Store,
) -> None:
    rows = store.query(
        "SELECT table, groupArray(name) AS columns FROM system.columns GROUP BY table"
    )
    there = {row["table"]: row["columns"] for row in rows}
    for name, has_county in readable().items():
        assert ("county" in there[name]) == has_county


def test_the_command_prints_a_hash_and_refuses_what_is_no_name(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("十分机密\n", encoding="utf-8")
    asked = ["schema", "grants", "--password-file", str(secret), "--user"]
    done = CliRunner().invoke(main, [*asked, "zhangye", "--city", "620700", "--public"])
    assert done.exit_code == 0, done.output
    assert PUBLIC_ROLE in done.output
    assert "startsWith(county, '6207')" in done.output
    assert "机密" not in done.output
    for wrong in (["a; DROP"], ["zhangye", "--city", "张掖"]):
        done = CliRunner().invoke(main, [*asked, *wrong])
        assert done.exit_code != 0
    secret.write_text("\n")
    assert CliRunner().invoke(main, [*asked, "zhangye"]).exit_code != 0


def test_the_command_runs_what_it_prints_as_the_user_of_the_settings(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim", encoding="utf-8")
    asked = ["schema", "grants", "--user", "grafana", "--password-file", str(secret)]
    ran: list[str] = []
    monkeypatch.setattr(Store, "command", lambda _, sql: ran.append(sql))
    # This process holds one embedded store already; it is as good as any.
    monkeypatch.setattr(Store, "open", lambda *_: nullcontext(store))
    done = CliRunner().invoke(main, [*asked, "--apply"])
    assert done.exit_code == 0, done.output
    printed = CliRunner().invoke(main, asked).output
    assert "".join(f"{sql};\n" for sql in ran) == printed


# The engine has users only out of a file, and a connection only as its own. So the grants and
# policies that are made are put into such a file, and a dictionary asks as the reader.
_AS_READER = """\
import json, sys
import chdb

store, config, questions = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
connection = chdb.connect(f"{store}?config-file={config}")
for question in questions:
    quoted = question.replace("'", "''")
    connection.query(
        "CREATE OR REPLACE DICTIONARY asked (name String, n UInt64) PRIMARY KEY name "
        f"SOURCE(CLICKHOUSE(USER 'grafana' PASSWORD 'secret' QUERY '{quoted}')) "
        "LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())"
    )
    try:
        found = str(connection.query("SELECT * FROM asked ORDER BY name", "CSV"))
    except RuntimeError as error:
        found = "refused" if "Not enough privileges" in str(error) else repr(error)
    print(json.dumps(found))
"""


def test_a_reader_sees_views_of_its_city_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    rows = [(county, "D01", 20_513, 9, *[0] * 8, 1) for county in ("620702", "620402")]
    prepare = (
        "import sys\nfrom pathlib import Path\nfrom datetime import UTC, datetime\n"
        "from sinks import migrate\nfrom sinks.store import Store, embedded_dsn\n"
        "with Store.open(embedded_dsn(Path(sys.argv[1]))) as store:\n"
        "    migrate.apply(store, datetime.now(UTC))\n"
        f"    store.insert('count_days', {rows!r})\n"
    )
    subprocess.run([sys.executable, "-c", prepare, str(folder)], check=True, timeout=120)
    given, filters = [], []
    for statement in granted(Reader("grafana", "", ["620700"])):
        if statement.startswith("GRANT SELECT"):
            grant = statement.rpartition(" TO ")[0]
            given.append(f"<query>{grant}</query>")
        if statement.startswith("CREATE ROW POLICY"):
            name = statement.partition("default.")[2].split(" ")[0]
            condition = statement.partition(" USING ")[2].rpartition(" TO ")[0]
            filters.append(f"<{name}><filter>{condition}</filter></{name}>")
    users = tmp_path / "users.xml"
    users.write_text(
        "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>"
        "<default><password/><networks><ip>::/0</ip></networks><profile>default</profile>"
        "<quota>default</quota><access_management>1</access_management></default>"
        "<grafana><password>secret</password><networks><ip>::/0</ip></networks>"
        f"<profile>default</profile><quota>default</quota><grants>{''.join(given)}</grants>"
        f"<databases><default>{''.join(filters)}</default></databases></grafana>"
        "</users></clickhouse>"
    )
    config = tmp_path / "config.xml"
    config.write_text(
        f"<clickhouse><user_directories><users_xml><path>{users}</path></users_xml>"
        "</user_directories></clickhouse>"
    )
    questions = [
        "SELECT county_name AS name, n FROM default.county_days",
        "SELECT county AS name, toUInt64(n) AS n FROM default.public_weeks WHERE n IS NOT NULL",
        "SELECT name, population AS n FROM default.county WHERE code = '620402'",
        "SELECT county AS name, n FROM default.count_days",
        "SELECT county AS name, 1 AS n FROM default.counts",
        "SELECT county AS name, n_7d AS n FROM default.rolling",
    ]
    asked = [sys.executable, "-c", _AS_READER, str(folder), str(config), json.dumps(questions)]
    done = subprocess.run(asked, check=True, timeout=120, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [
        '"甘州区",9\n',
        '"620702",9\n',
        '"白银区",337645\n',
        "refused",
        "refused",
        "refused",
    ]


_BACKUP = """\
import sys
import chdb

folder, *statements = sys.argv[1:]
connection = chdb.connect(f"{folder}/store?config-file={folder}/config.xml")
for statement in statements:
    print(connection.query(statement), end="")
"""


def test_a_backup_and_what_changed_since_are_restored(tmp_path: Path) -> None:
    """The statements of docs/backup.md, to files instead of a disk that is set up."""
    page = Path(__file__).parents[2].joinpath("docs", "backup.md").read_text(encoding="utf-8")
    told = [
        one
        for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
        for one in statements(block)
    ]
    whole, since, back = (
        re.sub(r"Disk\('backups', '([^']+)'\)", rf"File('{tmp_path}/\1')", one) for one in told
    )
    config = f"<clickhouse><backups><allowed_path>{tmp_path}/</allowed_path></backups></clickhouse>"
    tmp_path.joinpath("config.xml").write_text(config)
    counts = next(one for one in PLAIN if "CREATE TABLE IF NOT EXISTS counts\n" in one)
    insert = "INSERT INTO huishang.counts (county, category, n, version) VALUES"
    done = subprocess.run(
        [
            *(sys.executable, "-c", _BACKUP, str(tmp_path), "CREATE DATABASE huishang"),
            counts.replace("EXISTS counts", "EXISTS huishang.counts"),
            *(f"{insert} ('620702', 'S01', 3, 1)", whole),
            *(f"{insert} ('620702', 'S01', 4, 2)", since),
            *("DROP DATABASE huishang SYNC", back, "SELECT n FROM huishang.counts FINAL"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert [line.rpartition(",")[2].strip('"') for line in done.stdout.splitlines() if line] == [
        *("BACKUP_CREATED", "BACKUP_CREATED", "RESTORED", "4")
    ]
