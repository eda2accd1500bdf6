"""Whatever service Apprise knows, mail among them, sent by Apprise itself."""

import asyncio
import copy
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import apprise
from apprise import plugins

from sinks.channels import answers, formats
from sinks.channels.answers import ACCEPTED, DEADLINE_S, Answer, Outcome
from sinks.channels.desk import Notice
from sinks.channels.wording import Text


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
