"""Chat services and webhooks, posted from here.

Apprise 2.2 takes their HTTP 200 for an acceptance without looking at the code in it, sends plain
text only, and knows public hosts only (docs/decisions/0014).
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from apprise.plugins.base import NotifyBase

from sinks.channels import answers, formats
from sinks.channels.answers import ACCEPTED, DEADLINE_S, Answer, Codes, Outcome
from sinks.channels.config import LOOPBACK, Channel
from sinks.channels.desk import Notice
from sinks.channels.reading import parsed
from sinks.channels.wording import Text

_ANSWER_BYTES: Final = 64 * 1024  # more of an answer is not read

# Where the public services are; `server` takes the place of these.
WECOM_HOST: Final = "https://qyapi.weixin.qq.com"
DINGTALK_HOST: Final = "https://oapi.dingtalk.com"
FEISHU_HOST: Final = "https://open.feishu.cn"


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


class Bot:
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


class WeCom(Bot):
    """wecombot://KEY"""

    kind = "WeCom 企业微信"
    codes = answers.WECOM

    def address(self, plugin: Any, server: str) -> str:
        return f"{server or WECOM_HOST}/cgi-bin/webhook/send?key={plugin.key}"

    def body(self, text: Text, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        return formats.wecom(text)


class DingTalk(Bot):
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


class Feishu(Bot):
    """feishu://TOKEN, or feishu://TOKEN?secret=SECRET: signed if there is a secret."""

    kind = "Feishu 飞书"
    codes = answers.FEISHU

    def __init__(self, plugin: Any, channel: Channel, wording: Callable[[Notice], Text]) -> None:
        super().__init__(plugin, channel, wording)
        self._secret = (parsed(channel.url) or {}).get("qsd", {}).get("secret", "")

    def address(self, plugin: Any, server: str) -> str:
        return f"{server or FEISHU_HOST}/open-apis/bot/v2/hook/{plugin.token}"

    def body(self, text: Text, now: datetime) -> dict[str, Any]:
        card = formats.feishu(text)
        if not self._secret:
            return card
        stamp = str(int(now.timestamp()))
        digest = hmac.digest(f"{stamp}\n{self._secret}".encode(), b"", hashlib.sha256)
        return {"timestamp": stamp, "sign": base64.b64encode(digest).decode(), **card}


BOTS: Final[dict[str, type[Bot]]] = {"wecombot": WeCom, "dingtalk": DingTalk, "feishu": Feishu}


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
