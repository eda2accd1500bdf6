"""Alerts and reports on their way to real receivers: chat groups, webhooks, mail; down, up, killed."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from cli.producing import Record
from sinks import migrate
from sinks.store import Store
from streams.answers import Alert, Digest
from tests.brokers import Broker
from tests.receivers import Got, MailServer, Receiver, Reply, taken
from tests.stages import Stages, deployed
from tests.stores import Server, alert, digest
from tests.waiting import eventually_sync

NOW = datetime.now(UTC).replace(microsecond=0)


def raised(number: int, **given: Any) -> Alert:
    fields = {
        "level": 2,
        "category": f"D{number % 18 + 1:02}",
        "raised_at": NOW,
        "title": f"甘州区：第{number}件",
    }
    return alert(f"{number:016x}", **(fields | given))


def as_records(said: Iterable[Alert | Digest]) -> list[Record]:
    return [
        Record(
            "alerts" if isinstance(one, Alert) else "digests",
            one.county_code.encode(),
            msgspec.json.encode(one),
        )
        for one in said
    ]


def written(broker: Broker, *channels: dict[str, Any]) -> Path:
    path = broker.data / "channels.yaml"
    path.write_text(yaml.safe_dump({"channels": list(channels)}), encoding="utf-8")
    return path


@contextmanager
def telling(broker: Broker, *channels: dict[str, Any], **settings: Any) -> Iterator[Stages]:
    """A sink with these channels."""
    with deployed(broker, "sink", channels=written(broker, *channels), **settings) as stages:
        yield stages


def webhook(receiver: Receiver, **given: Any) -> dict[str, Any]:
    return {"name": "hook", "url": f"json://127.0.0.1:{receiver.port}/in", **given}


def told(receiver: Receiver) -> list[int]:
    """Numbers of the alerts a webhook got, in order."""
    return [int(one["id"], 16) for got in receiver.got for one in got.body["data"]["alerts"]]


def notices(stages: Stages, where: str = "alert_id != ''") -> list[dict[str, Any]]:
    return stages.rows(f"SELECT * FROM notices FINAL WHERE {where} ORDER BY at, alert_id")


def committed(stages: Stages, channel: str = "hook") -> int:
    return sum(stages.committed(f"channel-{channel}", "alerts"))


def test_each_service_gets_it_in_its_own_form(embedded_only: Broker) -> None:
    """To where the service is deployed, as `server` says; signed where there is a secret."""
    key = "5" * 32
    with Receiver() as receiver, MailServer() as mail:
        channels = [
            {"name": "wecom", "url": f"wecombot://{key}", "server": receiver.address},
            {
                "name": "ding",
                "url": f"dingtalk://SECabc@{key}/13800000000",
                "server": receiver.address,
            },
            {"name": "feishu", "url": f"feishu://{key}?secret=s1", "server": receiver.address},
            {"name": "hook", "url": f"json://duty:pw@127.0.0.1:{receiver.port}/in?+X-Key=k"},
            {
                "name": "mail",
                "url": f"mailto://127.0.0.1:{mail.port}?from=duty@example.cn&to=a@example.cn,b@example.cn",
                "kinds": ["alerts", "daily_report"],
                "counties": ["620702"],  # not the city's report, which follows from the county's
            },
        ]
        with telling(embedded_only, *channels) as stages:
            stages.publish(as_records([raised(1), digest(issued_at=NOW)]))
            eventually_sync(
                lambda: len(receiver.got) >= 4 and len(mail.mails) >= 4, what="all told"
            )
            eventually_sync(lambda: len(notices(stages)) == 6, what="all noted")
            assert {row["outcome"] for row in notices(stages)} == {"sent"}
        by_path = {got.path: got for got in receiver.got}
        assert len(receiver.got) == len(by_path) == 4
        wecom = by_path["/cgi-bin/webhook/send"]
        assert wecom.query == {"key": key}
        assert "【橙色】甘州区：第1件" in wecom.body["markdown"]["content"]
        ding = by_path["/robot/send"]
        assert ding.query["access_token"] == key
        stamp = ding.query["timestamp"]
        sign = hmac.digest(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256)
        assert ding.query["sign"] == base64.b64encode(sign).decode()
        assert ding.body["markdown"]["title"] == "【橙色】甘州区：第1件"
        feishu = by_path[f"/open-apis/bot/v2/hook/{key}"]
        sign = hmac.digest(f"{feishu.body['timestamp']}\ns1".encode(), b"", hashlib.sha256)
        assert feishu.body["sign"] == base64.b64encode(sign).decode()
        assert feishu.body["card"]["header"]["title"]["content"] == "【橙色】甘州区：第1件"
        hook = by_path["/in"]
        assert hook.headers["Content-Type"] == "application/cloudevents+json"
        assert (hook.headers["X-Key"], hook.headers["Authorization"][:5]) == ("k", "Basic")
        assert hook.body["data"]["alerts"][0]["id"] == f"{1:016x}"
        subjects = sorted((recipient, message["subject"]) for recipient, message in mail.mails)
        assert subjects == [
            (recipient, subject)
            for recipient in ("a@example.cn", "b@example.cn")
            for subject in ("【橙色】甘州区：第1件", "甘州区日报告")
        ]
        # The alert and the report come by two topics, in either order.
        of_alert = next(one for _, one in mail.mails if "第1件" in one["subject"])
        plain, rich = (of_alert.get_body((kind,)) for kind in ("plain", "html"))
        assert plain
        assert rich
        assert "huishang alerts ack 0000000000000001" in plain.get_content()
        assert "<h3" in rich.get_content()


def test_a_receiver_that_is_down_delays_and_never_loses(embedded_only: Broker) -> None:
    """The others are told meanwhile; once it is up, everything comes, in order, once."""
    away = Receiver()
    secret = "s3cret-in-the-path"
    with Receiver() as other:
        channels = (
            {
                "name": "hook",
                "url": f"json://u:{secret}@127.0.0.1:{away.port}/{secret}?-t={secret}",
            },
            {"name": "other", "url": f"json://127.0.0.1:{other.port}/in"},
            {"name": "wecom", "url": f"wecombot://{secret}", "server": away.address},
        )
        with telling(embedded_only, *channels, log_level="debug") as stages:
            stages.publish(as_records(raised(number) for number in range(12)))
            eventually_sync(lambda: told(other) == [*range(12)], what="the other one told")
            assert stages.metric("sink", 'huishang_channel_up{channel="hook"}') == 0
            assert stages.metric("sink", 'huishang_channel_up{channel="other"}') == 1
            assert stages.metric("sink", 'huishang_channel_lag_records{channel="hook"}') == 12
            assert committed(stages) == 0
            stages.restart("sink")
            down = "channel hook takes no messages"  # once for each process
            eventually_sync(
                lambda: stages.workers["sink"].text().count(down) == 2, what="down again"
            )
            away.start()
            hooked = lambda: [got for got in away.got if got.path == f"/{secret}"]  # noqa: E731
            eventually_sync(lambda: len(hooked()) == 12, what="everything told")
            ids = [int(one["id"], 16) for got in hooked() for one in got.body["data"]["alerts"]]
            assert ids == [*range(12)]
            eventually_sync(lambda: committed(stages) == 12, what="committed")
            assert told(other) == [*range(12)]  # nothing twice after the restart
            log = stages.workers["sink"].text()
            assert log.count(down) == 2
            assert secret not in log
        away.stop()


def test_killed_between_sending_and_committing_it_tells_one_again_at_most(
    embedded_only: Broker,
) -> None:
    let_go = threading.Event()

    def slow_third(got: Got) -> Reply:
        if got.body["data"]["alerts"][0]["id"] == f"{2:016x}" and not let_go.is_set():
            received.set()
            let_go.wait(60)
        return taken(got)

    received = threading.Event()
    with Receiver(slow_third) as receiver, telling(embedded_only, webhook(receiver)) as stages:
        stages.publish(as_records(raised(number) for number in range(6)))
        assert received.wait(30)
        stages.workers["sink"].kill()  # it was sent, and nobody waits for the answer
        let_go.set()
        stages.start("sink")
        stages.ready("sink")
        eventually_sync(lambda: committed(stages) == 6, what="everything committed")
        found = told(receiver)
        assert sorted(set(found)) == [*range(6)]
        assert len(found) <= 7
        assert [number for number in found if found.count(number) > 1] in ([], [2, 2])


def test_over_the_limit_it_sums_up(embedded_only: Broker, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(NOW.isoformat(), encoding="ascii")
    with (
        Receiver() as receiver,
        telling(
            embedded_only,
            webhook(receiver, limit={"messages": 3, "minutes": 30}),
            clock_file=clock,
        ) as stages,
    ):
        stages.publish(as_records(raised(number) for number in range(8)))
        eventually_sync(lambda: committed(stages) == 8, what="all dealt with")
        assert told(receiver) == [0, 1, 2]
        stages.restart("sink")
        clock.write_text((NOW + timedelta(minutes=31)).isoformat(), encoding="ascii")
        eventually_sync(lambda: len(receiver.got) == 4, what="the summary")
        data = receiver.got[3].body["data"]
        assert data["title"] == "另有5条提醒未逐条发送"
        assert len(data["suppressed"]) == 5
        eventually_sync(
            lambda: len(notices(stages, "outcome = 'summed'")) == 5, what="the summary noted"
        )


def test_what_it_does_not_want_is_put_aside_and_said(embedded_only: Broker) -> None:
    def choosy(got: Got) -> Reply:
        unwanted = got.body["data"]["alerts"][0]["id"] == f"{1:016x}"
        return (400, {}) if unwanted else taken(got)

    with Receiver(choosy) as receiver, telling(embedded_only, webhook(receiver)) as stages:
        stages.publish(as_records(raised(number) for number in range(4)))
        eventually_sync(lambda: committed(stages) == 4, within_s=90, what="the rest told")
        assert told(receiver) == [0, 2, 3]
        (row,) = notices(stages, "outcome = 'refused'")
        assert (row["alert_id"], row["reason"]) == (f"{1:016x}", "HTTP 400")
        assert "put aside" in stages.workers["sink"].text()
        assert f"{1:016x}" in stages.workers["sink"].text()


def test_two_sinks_have_one_voice(kafka_only: Broker) -> None:
    """And when it dies the other takes over, without a word lost or twice.

    On Kafka: Tansu keeps a dead member's partitions for it.
    """
    with ExitStack() as children, Receiver() as receiver:
        server = Server(kafka_only.data, children)
        server.start()
        with Store.open(server.dsn) as store:
            migrate.apply(store, NOW)
        channels = written(kafka_only, webhook(receiver))
        with deployed(kafka_only, channels=channels, clickhouse=server.dsn) as stages:
            for name in ("sink", "other"):
                stages.start("sink", name)
            stages.ready("sink", "other")
            stages.ask_at(server.port)
            stages.publish(as_records(raised(number) for number in range(3)))
            eventually_sync(lambda: committed(stages) == 3, within_s=90, what="told by one")
            accepted = 'huishang_notices_total{channel="hook",outcome="accepted"}'
            spoke = [stages.metric(name, accepted) for name in ("sink", "other")]
            assert sorted(spoke) == [0, 3]
            stages.workers["sink" if spoke[0] else "other"].kill()
            stages.publish(as_records(raised(number) for number in range(6)))
            eventually_sync(lambda: committed(stages) == 9, within_s=90, what="told by the other")
            assert told(receiver) == [*range(6)]


@pytest.mark.parametrize("recipient", ["full@example.cn", "no@example.cn"])
def test_a_mailbox_that_takes_none_does_not_make_others_get_it_twice(
    embedded_only: Broker, recipient: str
) -> None:
    with MailServer() as mail:
        url = f"mailto://127.0.0.1:{mail.port}?from=duty@example.cn&to=a@example.cn,{recipient}"
        with telling(embedded_only, {"name": "mail", "url": url}) as stages:
            stages.publish(as_records([raised(1)]))
            sample = 'huishang_notices_total{channel="mail",outcome="%s"}' % (
                "later" if recipient.startswith("full") else "refused"
            )
            eventually_sync(lambda: stages.metric("sink", sample) >= 3, what="three tries")
        assert [to for to, _ in mail.mails] == ["a@example.cn"]
