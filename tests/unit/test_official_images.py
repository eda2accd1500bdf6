"""Whatever docker-compose.yml relies on inside images of others stands in their documentation.

`make compose-test` runs the file with stand-ins, since no image can be pulled there. So each
command, path, port, variable and health check used with an official image is held here to where
it is documented; a new one needs a line of its own, and a line that nothing uses is refused.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)
IMAGES: Final = {
    "kafka": "docker.io/apache/kafka",
    "clickhouse": "docker.io/clickhouse/clickhouse-server",
    "prometheus": "docker.io/prom/prometheus",
    "alertmanager": "docker.io/prom/alertmanager",
    "grafana": "docker.io/grafana/grafana",
}
# Programs that are given something in a health check or an entrypoint, and what follows is theirs.
_OWN: Final = re.compile(r"^(HUISHANG_|\.?/etc/huishang)")

# Documents, in the projects' own repositories unless an address says otherwise.
_KAFKA: Final = "apache/kafka docker/jvm/Dockerfile"
_RUN_CLASS: Final = "apache/kafka bin/kafka-run-class.sh"
_OPERATIONS: Final = "https://kafka.apache.org/documentation/#operations"
_CH_README: Final = "ClickHouse/ClickHouse docker/server/README.src/content.md"
_CH_ENTRY: Final = "ClickHouse/ClickHouse docker/server/entrypoint.sh"
_CH_IMAGE: Final = "ClickHouse/ClickHouse docker/server/Dockerfile.ubuntu"
_PROMETHEUS: Final = "prometheus/prometheus Dockerfile"
_FLAGS: Final = "https://prometheus.io/docs/prometheus/latest/command-line/prometheus/"
_MANAGEMENT: Final = "https://prometheus.io/docs/prometheus/latest/management_api/"
_BUSYBOX: Final = "https://busybox.net/downloads/BusyBox.html, wget"
_ALERTMANAGER: Final = "prometheus/alertmanager Dockerfile"
_AM_README: Final = "prometheus/alertmanager README.md"
_AM_MANAGEMENT: Final = "https://prometheus.io/docs/alerting/latest/management_api/"
_GRAFANA: Final = "grafana/grafana Dockerfile"
_GF_RUN: Final = "grafana/grafana packaging/docker/run.sh"
_GF_DOCKER: Final = "https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/"
_GF_SETTINGS: Final = "https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/"
_GF_PROVISIONING: Final = "https://grafana.com/docs/grafana/latest/administration/provisioning/"

# service → what is used → document and section.
FACTS: Final[Mapping[str, Mapping[str, str]]] = {
    "kafka": {
        "user 1000": f"{_KAFKA}: adduser appuser, the first user of an Alpine, is 1000",
        "/bin/sh": f"{_KAFKA}: FROM eclipse-temurin, Alpine: busybox's sh",
        "/opt/kafka/bin/kafka-broker-api-versions.sh": f"{_KAFKA}: tar xfz kafka.tgz -C /opt/kafka --strip-components 1; bin/ of the release",
        "/opt/kafka/bin/kafka-storage.sh": f"{_KAFKA}: the same; {_OPERATIONS}, KRaft, provisioning nodes",
        "/opt/kafka/bin/kafka-server-start.sh": f"{_KAFKA}: the same; https://kafka.apache.org/quickstart, step 2",
        "format --cluster-id --config": f"{_OPERATIONS}, KRaft, provisioning nodes: kafka-storage.sh format --cluster-id … --config …",
        "random-uuid": f"{_OPERATIONS}, KRaft, provisioning nodes: kafka-storage.sh random-uuid",
        "--bootstrap-server": "apache/kafka tools/…/BrokerApiVersionsCommand.java, options",
        "LOG_DIR": f"{_RUN_CLASS}: log directory to use",
        "KAFKA_HEAP_OPTS": f"{_RUN_CLASS}: memory options",
        "KAFKA_LOG4J_OPTS": f"{_RUN_CLASS}: log4j settings; upgrade notes of 4.0: log4j2 by log4j2.configurationFile",
        "volume /var/lib/kafka/data": f"{_KAFKA}: VOLUME, owned by appuser",
        "tmpfs /tmp": "any image",
        "port 9092": f"{_KAFKA}: EXPOSE 9092",
    },
    "clickhouse": {
        "user 101": f"{_CH_IMAGE}: useradd --uid=101, groupadd --gid=101",
        "CLICKHOUSE_USER": f"{_CH_README}: how to create default database and user on starting",
        "CLICKHOUSE_PASSWORD": f"{_CH_README}: the same",
        "CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT": f"{_CH_README}: the same; {_CH_ENTRY}: access_management",
        "TZ": f"{_CH_IMAGE}: ENV TZ=UTC",
        "file /etc/clickhouse-server/config.d/huishang.xml": f"{_CH_README}: volumes, config.d/*.xml",
        "volume /var/lib/clickhouse": f"{_CH_README}: volumes; {_CH_IMAGE}: VOLUME, writable to all",
        "tmpfs /tmp": "any image",
        "tmpfs /etc/clickhouse-server/users.d": f"{_CH_ENTRY}: writes users.d/default-user.xml",
        "tmpfs /var/log/clickhouse-server": f"{_CH_ENTRY}: mkdir of the logger's folder; {_CH_README}: volumes",
        "port 8123": f"{_CH_README}: configuration, HTTP interface; {_CH_IMAGE}: EXPOSE 8123",
        "wget": f"{_CH_IMAGE}: apt-get install wget; {_CH_ENTRY} uses it alike",
        "--quiet": "https://www.gnu.org/software/wget/manual/, logging options",
        "--tries": "https://www.gnu.org/software/wget/manual/, download options",
        "--output-document": "https://www.gnu.org/software/wget/manual/, download options",
        "http://127.0.0.1:8123/ping": "https://clickhouse.com/docs/interfaces/http: GET /ping",
        "nofile 262144": f"{_CH_README}: --ulimit nofile=262144:262144",
    },
    "prometheus": {
        "user 65534": f"{_PROMETHEUS}: USER nobody, chown nobody:nobody /prometheus",
        "--config.file": f"{_PROMETHEUS}: CMD; {_FLAGS}",
        "--storage.tsdb.path": f"{_PROMETHEUS}: CMD; {_FLAGS}",
        "--storage.tsdb.retention.time": _FLAGS,
        "folder /etc/prometheus": f"{_PROMETHEUS}: COPY prometheus.yml",
        "volume /prometheus": f"{_PROMETHEUS}: VOLUME",
        "port 9090": f"{_PROMETHEUS}: EXPOSE 9090",
        "wget": f"{_PROMETHEUS}: FROM quay.io/prometheus/busybox, the default (release notes 3.10.0); {_BUSYBOX}",
        "-q": _BUSYBOX,
        "-O": _BUSYBOX,
        "http://127.0.0.1:9090/-/ready": f"{_MANAGEMENT}, readiness check",
    },
    "alertmanager": {
        "user 65534": f"{_ALERTMANAGER}: USER nobody, chown nobody /alertmanager",
        "--config.file": f"{_ALERTMANAGER}: CMD",
        "--storage.path": f"{_ALERTMANAGER}: CMD",
        "--cluster.listen-address": f"{_AM_README}: high availability, turn off: an empty address",
        "file /etc/alertmanager/alertmanager.yml": f"{_ALERTMANAGER}: CMD",
        "volume /alertmanager": f"{_ALERTMANAGER}: VOLUME",
        "port 9093": f"{_ALERTMANAGER}: EXPOSE 9093",
        "wget": f"{_ALERTMANAGER}: FROM quay.io/prometheus/busybox; {_BUSYBOX}",
        "-q": _BUSYBOX,
        "-O": _BUSYBOX,
        "http://127.0.0.1:9093/-/ready": f"{_AM_MANAGEMENT}, readiness check",
    },
    "grafana": {
        "user 472": f"{_GRAFANA}: ARG GF_UID=472, GF_GID=0",
        "GF_SECURITY_ADMIN_PASSWORD": f"{_GF_SETTINGS}, [security] admin_password",
        "GF_PLUGINS_PREINSTALL_SYNC": f"{_GF_RUN}; {_GF_SETTINGS}, [plugins] preinstall_sync: id@version",
        "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": f"{_GF_SETTINGS}, [plugins] preinstall_auto_update",
        "GF_ANALYTICS_REPORTING_ENABLED": f"{_GF_SETTINGS}, [analytics] reporting_enabled",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": f"{_GF_SETTINGS}, [analytics] check_for_updates",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": f"{_GF_SETTINGS}, [analytics] check_for_plugin_updates",
        "GF_NEWS_NEWS_FEED_ENABLED": f"{_GF_SETTINGS}, [news] news_feed_enabled",
        "folder /etc/grafana/provisioning/datasources": f"{_GF_DOCKER}, default paths; {_GF_PROVISIONING}, data sources",
        "folder /etc/grafana/provisioning/dashboards": f"{_GF_DOCKER}, default paths; {_GF_PROVISIONING}, dashboards",
        "folder /var/lib/grafana/dashboards/huishang": "deploy/grafana/provisioning/dashboards/huishang.yaml, path",
        "volume /var/lib/grafana": f"{_GF_DOCKER}, default paths: GF_PATHS_DATA, plugins inside",
        "tmpfs /tmp": "any image",
        "port 3000": f"{_GRAFANA}: EXPOSE 3000",
        "curl": f"{_GRAFANA}: apk add ca-certificates bash curl tzdata",
        "--fail": "https://curl.se/docs/manpage.html",
        "--silent": "https://curl.se/docs/manpage.html",
        "http://127.0.0.1:3000/api/health": "https://grafana.com/docs/grafana/latest/developers/http_api/other/, health",
    },
}


def used(service: str) -> set[str]:
    """What the service relies on in its image, as FACTS names it."""
    said = COMPOSE["services"][service]
    return {one for one in _used(said, service) if not _OWN.match(one)}


def _used(said: dict[str, Any], service: str) -> Iterator[str]:
    yield f"user {said['user'].split(':')[0]}"
    yield from said.get("environment", {})
    yield from _words([*said.get("entrypoint", []), *said.get("command", [])])
    yield from _words(said["healthcheck"]["test"][1:])
    for port in said["ports"]:
        yield f"port {port.rpartition(':')[2]}"
    for mount in said["volumes"]:
        source, target = mount.split(":")[:2]
        if source in COMPOSE["volumes"]:
            yield f"volume {target}"
        elif not _OWN.match(target):
            yield f"{'file' if Path(source).suffix else 'folder'} {target}"
    for mount in said.get("tmpfs", []):
        yield f"tmpfs {mount.split(':')[0]}"
    for name, limit in said.get("ulimits", {}).items():
        yield f"{name} {limit['hard']}"
    if service == "kafka":
        yield from _started_by_kafkas_script()


def _words(words: list[str]) -> Iterator[str]:
    """Programs, addresses and options, without the values of options."""
    for word in words:
        if word.startswith("-") and word != "-":
            yield word.partition("=")[0]
        elif word.startswith(("/", "http://")) or word in ("wget", "curl"):
            yield word


def _started_by_kafkas_script() -> Iterator[str]:
    script = (ROOT / "deploy/kafka/start.sh").read_text(encoding="utf-8")
    [home] = re.findall(r"KAFKA_BIN:-([\w/]+)", script)
    for program in re.findall(r'"\$bin/([\w-]+\.sh)"', script):
        yield f"{home}/{program}"
    yield "random-uuid" if "random-uuid" in script else ""
    options = re.findall(r"format|--[a-z-]+", script.partition("kafka-storage.sh")[2])
    yield " ".join(dict.fromkeys(options))


@pytest.mark.parametrize("service", list(IMAGES))
def test_what_is_used_of_an_image_is_documented(service: str) -> None:
    assert used(service) == FACTS[service].keys()


@pytest.mark.parametrize("service", list(IMAGES))
def test_every_fact_says_where_it_stands(service: str) -> None:
    image = COMPOSE["services"][service]["image"]
    assert f":-{IMAGES[service]}:" in image
    for what, where in FACTS[service].items():
        assert where == "any image" or re.search(r"\w+/\w+", where), what


def test_every_image_of_others_is_here() -> None:
    foreign = {name for name, said in COMPOSE["services"].items() if "build" not in said}
    assert foreign == IMAGES.keys()


def test_files_that_are_mounted_are_there_and_are_what_the_services_read() -> None:
    for name in IMAGES:
        for mount in COMPOSE["services"][name]["volumes"]:
            source = mount.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), (name, source)
    rules = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert rules["rule_files"] == ["alerts.yaml"]
    told = rules["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert told == ["alertmanager:9093"]


def test_grafana_is_given_every_variable_its_datasources_ask_for() -> None:
    text = (ROOT / "deploy/grafana/provisioning/datasources/huishang.yaml").read_text("utf-8")
    given = COMPOSE["services"]["grafana"]["environment"]
    assert set(re.findall(r"\$(HUISHANG_\w+)", text)) == {
        name for name in given if name.startswith("HUISHANG_")
    }
    plugin = re.search(r"type: ([\w-]+-clickhouse-datasource)", text)
    assert plugin
    assert re.fullmatch(rf"{plugin[1]}@\d+(\.\d+)+", given["GF_PLUGINS_PREINSTALL_SYNC"])
