"""`huishang`: the commands, loaded when they are used, and what becomes of their errors.

A command raises an error of streams/errors.py with one clear sentence, or
returns; a non-zero answer that is no error is `click.get_current_context().exit(1)`.
`main` turns either into an exit code (`Exit`), never into a traceback.
"""

import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from typing import Any, Final

import click

from streams.errors import (
    AccessRefused,
    Fatal,
    HuishangError,
    Retryable,
    SettingsError,
    UserError,
)

REPORT_TO: Final = "the project's issue list"


class Exit(IntEnum):
    """What a command's exit code means. 65 to 78 follow sysexits.h."""

    FINE = 0
    NO = 1
    USAGE = 2
    STOPPED = 65
    UNAVAILABLE = 69
    INTERNAL = 70
    REFUSED = 77
    SETTINGS = 78
    INTERRUPTED = 130


MEANING: Final[dict[Exit, str]] = {
    Exit.FINE: "fine",
    Exit.NO: "the answer is no: numbers not exact, or some of the work refused",
    Exit.USAGE: "the command line or a file it names cannot be used",
    Exit.STOPPED: "stopped on purpose: going on would lose or double something",
    Exit.UNAVAILABLE: "Kafka or ClickHouse is away or busy; try again",
    Exit.INTERNAL: "an error of Huishang's own; HUISHANG_LOG_LEVEL=debug shows the traceback",
    Exit.REFUSED: "Kafka or ClickHouse refuses: password, certificate or permission",
    Exit.SETTINGS: "a setting cannot be used",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
}

# Name → where it is, and its line in `huishang --help`, which must not import it.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("cli.demo:demo", "A generated day with known truth, compared at the end."),
    "run": ("cli.run:run", "Everything on this machine: broker, store, all stages."),
    "publish": ("cli.publish:publish", "Turn a CSV or JSON-lines file into events."),
    "link": ("cli.link:link", "Which rows of a file are the same matter."),
    "counts": ("cli.counts:counts", "Counts per county, category, channel, hour or day."),
    "digests": ("cli.digests:commands", "Daily reports, lists and bulletins, to read and print."),
    "duty-log": ("cli.duty_log:commands", "What was signed, amended and handed over."),
    "alerts": ("cli.alerts:commands", "Alerts, taken up, assigned, closed, silenced, judged."),
    "incidents": ("cli.incidents:commands", "Reports of one matter; merge and split them."),
    "cases": ("cli.cases:commands", "Cases, their steps, limits and rates."),
    "dead-letters": ("cli.dead_letters:dead_letters", "What was refused, why, and once more."),
    "explain": ("cli.explain:explain", "What each step makes of a text, and why."),
    "train": ("cli.train:train", "A model of topics out of labelled texts, on top of the lexicon."),
    "evaluate": (
        "cli.evaluate:evaluate",
        "How often the code is right, on labelled texts and counts.",
    ),
    "simulate": ("cli.simulate:simulate", "A quarter with planted trouble, and what is raised."),
    "lexicon": ("cli.lexicon:lexicon", "Copy, check and try the words topics are found by."),
    "rules": ("cli.rules:rules", "Copy, check and try the rules that raise alerts."),
    "channels": ("cli.channels:channels", "Check whom alerts are told to; send a test message."),
    "board": ("cli.board:board", "Tokens for the duty board; check who may see and do what."),
    "doctor": ("cli.doctor.command:doctor", "What is wrong, and what to do."),
    "settings": ("cli.settings:settings", "Every setting, its value, where it came from."),
    "topics": ("cli.topics:topics", "Make or show the topics on the broker."),
    "schema": ("cli.schema:schema", "Make or show the tables in ClickHouse."),
    "journal": ("cli.journal:journal", "What an operator does about tally's journal."),
    "worker": ("cli.worker:worker", "One stage against a Kafka and a ClickHouse of your own."),
    "contracts": ("cli.contracts:contracts", "JSON Schema and AsyncAPI of the events."),
}


class Huishang(click.Group):
    """A group that imports a command only when it is called, and answers for its errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), text) for code, text in MEANING.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's, with an exit code for every error and a traceback for none."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, False, **extra)
            sys.stdout.flush()
        except BaseException as error:
            sys.exit(answer(error))
        sys.exit(code if isinstance(code, int) else Exit.FINE)


@click.group(
    cls=Huishang,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n  huishang demo\n  huishang run\n"
    "  huishang counts --by county,category\n"
    "  huishang publish --help",
)
@click.version_option(package_name="huishang", message="%(prog)s %(version)s")
def main() -> None:
    """Huishang (会商): disputes and public-service complaints, counted per county.

    Settings are environment variables HUISHANG_…; `huishang settings` shows them all.
    """
    import logging  # noqa: PLC0415

    from streams.settings import strangers  # noqa: PLC0415

    # A client's own complaints on the way: the command says it in a sentence.
    for client in ("aiokafka", "clickhouse_connect"):
        logging.getLogger(client).setLevel(logging.CRITICAL)
    for sentence in strangers():
        complain("warning", sentence, "yellow")


def complain(kind: str, sentence: str, colour: str = "red") -> None:
    """One line on stderr; coloured only on a terminal."""
    click.echo(f"{click.style(f'{kind}:', fg=colour, bold=True)} {sentence}", err=True)


def answer(error: BaseException) -> int:
    """Say what happened, once, and give the exit code for it."""
    code: int = Exit.INTERNAL
    match error:
        case click.exceptions.Exit():
            code = error.exit_code
        case click.ClickException():
            error.show()
            code = error.exit_code
        case click.Abort() | KeyboardInterrupt():
            code = Exit.INTERRUPTED
        case SystemExit() | BrokenPipeError() if _reader_left(error):
            _close_stdout()
            code = Exit.FINE
        case SystemExit():
            code = _of_system_exit(error)
        case HuishangError():
            complain("error", one_line(error))
            _trace(error)
            code = code_of(error)
        case _:
            complain(
                "error",
                f"{type(error).__name__}: {one_line(error)}. This should not happen: run it again "
                f"with HUISHANG_LOG_LEVEL=debug and send the traceback to {REPORT_TO}.",
            )
            _trace(error)
    return code


def code_of(error: HuishangError) -> Exit:
    """The exit code of an error raised on purpose.

    >>> code_of(Retryable("127.0.0.1:9092 does not answer")).value
    69
    """
    match error:
        case SettingsError():
            return Exit.SETTINGS
        case UserError():
            return Exit.USAGE
        case Retryable():
            return Exit.UNAVAILABLE
        case AccessRefused():
            return Exit.REFUSED
        case Fatal():
            return Exit.STOPPED
    return Exit.INTERNAL


def one_line(error: BaseException) -> str:
    """An error's message on one line, passwords in addresses masked."""
    from streams.settings import masked  # noqa: PLC0415

    return masked(" ".join(str(error).split()))


def _of_system_exit(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or Exit.FINE
    complain("error", str(error.code))
    return Exit.NO


def _reader_left(error: BaseException) -> bool:
    """Whether stdout's reader has seen enough, as in `| head`; click makes SystemExit of it."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def _close_stdout() -> None:
    # The interpreter flushes stdout on its way out and would complain once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _debugging() -> bool:
    return os.environ.get("HUISHANG_LOG_LEVEL", "").lower() == "debug"


def _trace(error: BaseException) -> None:
    if _debugging():
        import traceback  # noqa: PLC0415

        click.echo("".join(traceback.format_exception(error)), err=True)
