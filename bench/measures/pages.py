"""Pages and forms over HTTP: an inbox of thirty lines, a conversation, a message that is posted."""

from functools import partial

from bench.dataset import LONG, MANY, PAGES
from bench.requester import request
from bench.run import Run
from bench.stacks.parley import Parley
from bench.stacks.stack import Stack

STACKS = ["parley-pg", "parley-sqlite", "channels"]
LARGE = ["parley-pg", "parley-sqlite"]

FORM = "client_id=@ID@&body=The+tide+is+in%2C+the+boat+is+out%2C+and+nobody+has+seen+the+cover."


def measure(run: Run) -> None:
    """The same person's pages, of the same content, in each stack."""
    for stack in run.chosen(*STACKS):
        run.attempt("pages", stack, "inbox and conversation", partial(ask, run, stack))
        if run.is_thorough:
            run.attempt("send", stack, "POST", partial(post, run, stack))


def ask(run: Run, stack: Stack) -> None:
    with stack.serving() as server:
        for case, path in (
            ("inbox", stack.inbox_path()),
            ("conversation", stack.conversation_path()),
        ):
            cookie = stack.cookie(PAGES.reader)
            runs = [
                request(server, path, cookie, run.seconds, run.warmup) for _ in range(run.repeats)
            ]
            run.note("pages", stack, case, runs)


def post(run: Run, stack: Stack) -> None:
    with stack.serving() as server:
        cookie = stack.cookie(PAGES.reader)
        runs = [
            request(server, stack.sending_path(), cookie, run.seconds, run.warmup, FORM)
            for _ in range(run.repeats)
        ]
    run.note("send", stack, "POST", runs)


def measure_large(run: Run) -> None:
    """Whether pages stay as fast where there is very much."""
    for stack in run.chosen(*LARGE):
        assert isinstance(stack, Parley)
        run.attempt("large", stack, "all pages", partial(ask_large, run, stack))


def ask_large(run: Run, stack: Parley) -> None:
    cases = {
        "inbox of 30": (PAGES, stack.inbox_path()),
        "inbox of 5,000": (MANY, stack.inbox_path()),
        "conversation of 60": (PAGES, stack.conversation_path()),
        "conversation, inbox of 5,000": (MANY, stack.conversation_path(MANY)),
        "conversation of 1,000,000": (LONG, stack.conversation_path(LONG)),
        "in the middle of 1,000,000": (LONG, f"{stack.conversation_path(LONG)}?before=500000"),
        "around a place among 1,000,000": (LONG, f"{stack.conversation_path(LONG)}?at=500000"),
        "the oldest of 1,000,000": (LONG, f"{stack.conversation_path(LONG)}?after=0"),
    }
    with stack.serving_large() as server:
        for case, (inbox, path) in cases.items():
            cookie = stack.cookie(inbox.reader)
            runs = [
                request(server, path, cookie, run.seconds, run.warmup) for _ in range(run.repeats)
            ]
            run.note("large", stack, case, runs)
