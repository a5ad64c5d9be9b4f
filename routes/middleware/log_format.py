"""One line on stdout for each thing that happens, for programs (JSON) or for people.

A line never holds what people wrote or prove themselves with: no form, cookie, header or query
string is ever handed to a logger here, and of errors only those speak whose words cannot quote it.
"""

import json
import logging
import logging.config
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

import settings

CONFIGURATION = Path(__file__).with_name("log_config.json")
"""For logging.config, and for uvicorn's --log-config: its parent process imports no app."""

SPEAKING = (OSError, ImportError, AttributeError, NameError, TypeError, RuntimeError)
"""Errors whose words name code and machines. Others may quote what somebody has typed."""

encode = json.JSONEncoder(default=str).encode

context: ContextVar[dict[str, str]] = ContextVar("context", default={})  # noqa: B039  # never changed
"""Which request or connection the lines of a task are about."""


def configure() -> None:
    """Let every logger of this process write such lines, whatever the server has set up before."""
    logging.config.dictConfig(json.loads(CONFIGURATION.read_text()))
    # No line says where in the code it was written, nor by which thread: finding out is a third of
    # its cost (Python's logging HOWTO, Optimization).
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def formatter() -> logging.Formatter:
    """The one that `LOG_FORMAT` names."""
    return TextFormatter() if settings.LOG_FORMAT == "text" else JSONFormatter()


class News(logging.Filter):
    """Drops uvicorn's WebSocket lines: they quote query strings. request_log.py has its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        return '"WebSocket %s"' not in str(record.msg)


class JSONFormatter(logging.Formatter):
    """One object a line, in ASCII: nothing in it can begin another line."""

    def format(self, record: logging.LogRecord) -> str:
        return encode(entry(record))


class TextFormatter(logging.Formatter):
    """The same for a terminal, with a traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        fields = entry(record)
        trace = fields.pop("traceback", None)
        moment, level, name, message = (
            fields.pop(key) for key in ("at", "level", "logger", "message")
        )
        words = [f"{key}={value}" for key, value in fields.items()]
        line = " ".join([str(moment)[11:19], f"{level:8}", f"{name}:", str(message), *words])
        return "\n".join([printable(line), *([str(trace)] if trace else [])])


def entry(record: logging.LogRecord) -> dict[str, object]:
    """What a line says."""
    message = record.getMessage().strip()
    if record.name == "asyncio":
        message = message.partition("\n")[0]  # below it stand objects, with all that they hold
    fields: dict[str, object] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": message,
        **context.get(),
        **record.__dict__.get("fields", {}),
    }
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and record.levelno < logging.ERROR:
        fields["error"] = named(error)  # what is tried again, as often as it fails
    elif error is not None:
        fields["traceback"] = "".join(traced(error)).rstrip()
    return fields


def traced(error: BaseException, indent: str = "") -> Iterator[str]:
    """An error with its causes and its parts, the newest last, as Python prints it."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from traced(earlier, indent)
        yield f"{indent}which led to:\n"
    for line in traceback.format_tb(error.__traceback__):
        yield "".join(indent + part for part in line.splitlines(keepends=True))
    yield f"{indent}{named(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from traced(part, indent + "  | ")


def named(error: BaseException) -> str:
    """The kind of an error, with its words where they may be said."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{kind}: {printable(str(error))}" if isinstance(error, SPEAKING) else kind


def printable(text: str) -> str:
    """The text on one line, with nothing that a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
