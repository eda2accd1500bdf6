"""The services messages go to: three chat services, webhooks, and whatever else Apprise knows.

Apprise reads every URL. It sends mail and all other services. WeCom, DingTalk, Feishu and
json:// are posted from here, because Apprise 2.2 takes their HTTP 200 for an acceptance
without looking at the code in it, sends plain text only, and knows public hosts only
(docs/decisions/0014).
"""

import asyncio
import base64
import copy
import hashlib
import hmac
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import apprise
import orjson
from apprise import plugins
from apprise.plugins.base import NotifyBase

from sinks.channels import answers, formats
from sinks.channels.answers import ACCEPTED, Answer, Codes, Outcome
from sinks.channels.config import LOOPBACK, Channel
from sinks.channels.desk import Notice
from sinks.channels.wording import Text, text_of
from streams.errors import UserError

DEADLINE_S: Final = 30.0  # for one message, whatever the service does
_ANSWER_BYTES: Final = 64 * 1024  # more of an answer is not read

# Where the public services are; `server` takes the place of these.
WECOM_HOST: Final = "https://qyapi.weixin.qq.com"
DINGTALK_HOST: Final = "https://oapi.dingtalk.com"
FEISHU_HOST: Final = "https://open.feishu.cn"

# It tells what it sends, and at debug whole URLs: that is read for the answer (`_notify`),
# and comes to no other eye.
_APPRISE_LOG: Final = logging.getLogger("apprise")
_APPRISE_LOG.propagate = False
_APPRISE_LOG.setLevel(logging.DEBUG)
_APPRISE_LOG.addHandler(logging.NullHandler())


class Service(Protocol):
    """Where one channel's messages go. kind: how it is called for people."""

    kind: str

    async def tell(self, notice: Notice, now: datetime) -> Answer:
        """Send one notice. Raises nothing; takes DEADLINE_S at most."""
        ...


def service_of(channel: Channel, page: str, zone: ZoneInfo) -> Service:
    """The service of a channel. Raises UserError when its URL is none that Apprise can use."""
    plugin = _plugin(channel)
    schema = channel.url.partition("://")[0].lower()
    if channel.server and schema not in _BOTS:
        raise UserError(
            f"channel {channel.name}: server is for {', '.join(sorted(_BOTS))}; "
            "other services have their host in the URL"
        )

    def wording(notice: Notice) -> Text:
        return text_of(notice, channel, page, zone)

    if make := _BOTS.get(schema):
        return make(plugin, channel, wording)
    if schema in ("json", "jsons"):
        return Webhook(plugin, channel, wording)
    return Apprised(plugin, wording)


def shown(url: str) -> str:
    """A URL with all but its scheme, and the host where that is no key, taken out.

    >>> shown("wecombot://abc-def"), shown("jsons://user:pw@hook.example.cn:8443/token?a=b")
    ('wecombot://***', 'jsons://hook.example.cn:8443/***')
    >>> shown("mailtos://duty:pw@mail.example.cn?to=a@example.cn")
    'mailtos://mail.example.cn/***'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in ("json", "jsons", "mailto", "mailtos") or not host:
        return f"{parts.scheme}://***"
    return f"{parts.scheme}://{host}/***"


def _plugin(channel: Channel) -> NotifyBase:
    """Apprise's own object of the URL."""
    asset = apprise.AppriseAsset(app_id="Huishang", app_desc="会商", secure_logging=True)
    parsed = _parsed(channel.url)
    plugin = apprise.Apprise.instantiate(parsed, asset=asset) if parsed else None
    if not isinstance(plugin, NotifyBase):
        raise UserError(
            f"channel {channel.name}: {shown(channel.url)} is no URL that Apprise can use; "
            "docs/channels.md shows one for each service"
        )
    return plugin


def _parsed(url: str) -> Any:
    return plugins.url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]


# -- posted from here ----------------------------------------------------------


class _Posting:
    """Posts JSON and reads the answer. No redirect is followed: a log-in page answers 200."""

    def __init__(self, url: str, plugin: NotifyBase) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._verify = bool(plugin.verify_certificate)

    async def post(
        self,
        body: Mapping[str, Any],
        *,
        method: str = "POST",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: aiohttp.BasicAuth | None = None,
    ) -> tuple[Answer, Any]:
        """The answer of the HTTP status, and what the body holds if it is JSON."""
        # A proxy from the environment has no way to this machine.
        through_proxy = self._host not in LOOPBACK
        timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
        try:
            async with (
                aiohttp.ClientSession(trust_env=through_proxy, timeout=timeout) as session,
                session.request(
                    method,
                    self._url,
                    data=orjson.dumps(body),
                    params=params,
                    headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
                    auth=auth,
                    ssl=self._verify,
                    allow_redirects=False,
                ) as said,
            ):
                content = await said.content.read(_ANSWER_BYTES)
                status = answers.of_status(said.status, said.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # Their messages hold the URL, and the key in it.
            return Answer(Outcome.LATER, f"{self._host}: {type(error).__name__}"), None
        with suppress(orjson.JSONDecodeError):
            return status, orjson.loads(content)
        return status, None


class _Bot:
    """A chat service's group robot."""

    kind = ""
    codes: Codes

    def __init__(self, plugin: Any, channel: Channel, wording: Callable[[Notice], Text]) -> None:
        self._plugin = plugin
        self._posting = _Posting(self.address(plugin, channel.server), plugin)
        self._wording = wording

    def address(self, plugin: Any, server: str) -> str:
        """Where it is posted to."""
        raise NotImplementedError

    def body(self, text: Text, now: datetime) -> dict[str, Any]:
        """What is posted."""
        raise NotImplementedError

    def params(self, now: datetime) -> dict[str, str]:  # noqa: ARG002
        """What is added to the address."""
        return {}

    async def tell(self, notice: Notice, now: datetime) -> Answer:
        status, said = await self._posting.post(
            self.body(self._wording(notice), now), params=self.params(now)
        )
        return answers.of_code(self.codes, said) if status is ACCEPTED else status


class WeCom(_Bot):
    """wecombot://KEY"""

    kind = "WeCom 企业微信"
    codes = answers.WECOM

    def address(self, plugin: Any, server: str) -> str:
        return f"{server or WECOM_HOST}/cgi-bin/webhook/send?key={plugin.key}"

    def body(self, text: Text, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        return formats.wecom(text)


class DingTalk(_Bot):
    """dingtalk://SECRET@TOKEN/MOBILE: signed if there is a secret."""

    kind = "DingTalk 钉钉"
    codes = answers.DINGTALK

    def address(self, plugin: Any, server: str) -> str:
        return f"{server or DINGTALK_HOST}/robot/send?access_token={plugin.token}"

    def body(self, text: Text, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        return formats.dingtalk(text, self._plugin.targets)

    def params(self, now: datetime) -> dict[str, str]:
        secret = self._plugin.secret
        if not secret:
            return {}
        stamp = str(int(now.timestamp() * 1000))
        digest = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
        return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}


class Feishu(_Bot):
    """feishu://TOKEN, or feishu://TOKEN?secret=SECRET: signed if there is a secret."""

    kind = "Feishu 飞书"
    codes = answers.FEISHU

    def __init__(self, plugin: Any, channel: Channel, wording: Callable[[Notice], Text]) -> None:
        super().__init__(plugin, channel, wording)
        self._secret = (_parsed(channel.url) or {}).get("qsd", {}).get("secret", "")

    def address(self, plugin: Any, server: str) -> str:
        return f"{server or FEISHU_HOST}/open-apis/bot/v2/hook/{plugin.token}"

    def body(self, text: Text, now: datetime) -> dict[str, Any]:
        card = formats.feishu(text)
        if not self._secret:
            return card
        stamp = str(int(now.timestamp()))
        digest = hmac.digest(f"{stamp}\n{self._secret}".encode(), b"", hashlib.sha256)
        return {"timestamp": stamp, "sign": base64.b64encode(digest).decode(), **card}


_BOTS: Final[dict[str, type[_Bot]]] = {"wecombot": WeCom, "dingtalk": DingTalk, "feishu": Feishu}


class Webhook:
    """json://host/path or jsons://…: a CloudEvent with the alerts themselves."""

    kind = "webhook"

    def __init__(self, plugin: Any, channel: Channel, wording: Callable[[Notice], Text]) -> None:
        scheme = "https" if plugin.secure else "http"
        port = f":{plugin.port}" if plugin.port else ""
        self._posting = _Posting(f"{scheme}://{plugin.host}{port}{plugin.fullpath}", plugin)
        self._plugin = plugin
        self._channel = channel
        self._wording = wording

    async def tell(self, notice: Notice, now: datetime) -> Answer:
        plugin, channel = self._plugin, self._channel
        text = self._wording(notice)
        event = formats.cloudevent(
            notice, text, channel.name, now.isoformat(), excerpt=channel.excerpt
        )
        auth = aiohttp.BasicAuth(plugin.user, plugin.password or "") if plugin.user else None
        answer, _ = await self._posting.post(
            event,
            method=plugin.method,
            params=plugin.params,
            headers={"Content-Type": "application/cloudevents+json", **plugin.headers},
            auth=auth,
        )
        return answer


# -- sent by Apprise -----------------------------------------------------------


class Apprised:
    """Any other service of Apprise's, mail among them, in a thread: Apprise blocks.

    Each recipient of a mail is a part of its own: who has it is not sent it again when
    another one's mail server is away.
    """

    def __init__(self, plugin: Any, wording: Callable[[Notice], Text]) -> None:
        self.kind = str(plugin.service_name)
        self._parts = _parts(plugin)
        self._wording = wording
        self._notice = ""
        self._done: set[int] = set()

    async def tell(self, notice: Notice, now: datetime) -> Answer:  # noqa: ARG002
        if notice.id != self._notice:
            self._notice, self._done = notice.id, set()
        text = self._wording(notice)
        worst = ACCEPTED
        for number, part in enumerate(self._parts):
            if number in self._done:
                continue
            answer = await _in_thread(partial(_notify, part, text))
            if answer is ACCEPTED:
                self._done.add(number)
            elif worst is ACCEPTED or worst.outcome is Outcome.REFUSED:
                # One that can still become an acceptance goes before one that cannot.
                worst = answer
        return worst


def _parts(plugin: Any) -> list[Any]:
    targets = getattr(plugin, "targets", None)
    if not isinstance(plugin, plugins.N_MGR["mailto"]) or not targets:
        return [plugin]
    parts = []
    for number, target in enumerate(targets):
        part = copy.copy(plugin)
        part.targets = [target]
        if number:
            part.cc, part.bcc = set(), set()
        parts.append(part)
    return parts


def _notify(plugin: Any, text: Text) -> Answer:
    """Send by Apprise, which says yes or no; what its log adds tells why."""
    mail = isinstance(plugin, plugins.N_MGR["mailto"])
    sender = apprise.Apprise()
    sender.add(plugin)
    try:
        result = sender.notify(
            title=text.title,
            body=formats.html(text) if mail else formats.plain(text),
            body_format=apprise.NotifyFormat.HTML if mail else apprise.NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
    except Exception as error:  # a plugin may raise anything; its message may hold the URL
        return Answer(Outcome.LATER, type(error).__name__)
    if result:
        return ACCEPTED
    return answers.of_log(entry.message for each in result.results for entry in each.logs())


async def _in_thread(send: Callable[[], Answer]) -> Answer:
    """Run it in a thread of its own, which neither others nor the process's end wait for."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Answer] = loop.create_future()

    def settle(answer: Answer) -> None:
        if not answered.done():
            answered.set_result(answer)

    def run() -> None:
        answer = send()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, answer)

    threading.Thread(target=run, name="channel", daemon=True).start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await answered
    except TimeoutError:
        return Answer(Outcome.LATER, f"no answer within {DEADLINE_S:g} s")
