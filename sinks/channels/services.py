"""The services messages go to: three chat services, webhooks, and whatever else Apprise knows.

Apprise reads every URL. It sends mail and all other services; WeCom, DingTalk, Feishu and
json:// are posted from here.
"""

from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import apprise
from apprise.plugins.base import NotifyBase

from sinks.channels.answers import Answer
from sinks.channels.apprised import Apprised
from sinks.channels.config import Channel
from sinks.channels.desk import Notice
from sinks.channels.posted import BOTS, Webhook
from sinks.channels.reading import parsed
from sinks.channels.wording import Text, text_of
from streams.errors import UserError


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
    if channel.server and schema not in BOTS:
        raise UserError(
            f"channel {channel.name}: server is for {', '.join(sorted(BOTS))}; "
            "other services have their host in the URL"
        )

    def wording(notice: Notice) -> Text:
        return text_of(notice, channel, page, zone)

    if make := BOTS.get(schema):
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
    read = parsed(channel.url)
    plugin = apprise.Apprise.instantiate(read, asset=asset) if read else None
    if not isinstance(plugin, NotifyBase):
        raise UserError(
            f"channel {channel.name}: {shown(channel.url)} is no URL that Apprise can use; "
            "docs/channels.md shows one for each service"
        )
    return plugin
