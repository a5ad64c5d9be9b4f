"""One line on stdout for each event, for programs (JSON) or for people.

A line never contains what users write or their credentials: no form, cookie, header or query
string is logged, and exceptions are logged with their message only if that cannot quote them.
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
"""For logging.config, and for uvicorn's --log-config: its parent process never imports the app."""

SPEAKING = (OSError, ImportError, AttributeError, NameError, TypeError, RuntimeError)
"""Exceptions whose messages name code and machines. Others may quote user input."""

encode = json.JSONEncoder(default=str).encode

context: ContextVar[dict[str, str]] = ContextVar("context", default={})  # noqa: B039  # never changed
"""The request or connection that the lines of a task are about."""


def configure() -> None:
    """Make every logger of this process write such lines, whatever the server has configured."""
    logging.config.dictConfig(json.loads(CONFIGURATION.read_text()))
    # No line needs its place in the code or its thread: looking them up is a third of its cost
    # (Python's logging HOWTO, Optimization).
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def formatter() -> logging.Formatter:
    """The formatter that `LOG_FORMAT` names."""
    return TextFormatter() if settings.LOG_FORMAT == "text" else JSONFormatter()


class News(logging.Filter):
    """Drops uvicorn's WebSocket lines, which quote query strings. request_log.py logs its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        return '"WebSocket %s"' not in str(record.msg)


class JSONFormatter(logging.Formatter):
    """One JSON object a line, in ASCII: nothing in it can start another line."""

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
    """The fields of a line."""
    message = record.getMessage().strip()
    if record.name == "asyncio":
        message = message.partition("\n")[0]  # the rest prints objects with their contents
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
        fields["error"] = named(error)  # retried, and logged as often as it fails
    elif error is not None:
        fields["traceback"] = "".join(traced(error)).rstrip()
    return fields


def traced(error: BaseException, indent: str = "") -> Iterator[str]:
    """An exception with its causes and members, the newest last, as Python prints it."""
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
    """The type of an exception, with its message if that is safe to log."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{kind}: {printable(str(error))}" if isinstance(error, SPEAKING) else kind


def printable(text: str) -> str:
    """The text on one line, without terminal control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
