"""Publications on their way to all subscribers of a topic."""

import time
from collections.abc import Sequence
from itertools import count

from live import metrics
from live.metrics import LAGS_MEASURED
from live.publication import ACTIVITY, EVERYBODY, Publication

OUT_OF_ORDER = -1
"""No subscriber holds this revision, so each compares the publications one by one."""


class Delivery:
    """Publications of one topic, joined: a subscriber that holds `from_revision` can be sent `text`
    and then holds `to_revision`. Both are None if the text moves no cursor."""

    __slots__ = ("frame", "from_revision", "publications", "text", "to_revision", "topic")

    def __init__(self, topic: str, publications: Sequence[Publication]) -> None:
        self.topic = topic
        self.publications = publications
        self.from_revision, self.to_revision = (
            (OUT_OF_ORDER, OUT_OF_ORDER) if is_control(topic) else span(publications)
        )
        self.text = "".join([each.text for each in publications])
        self.frame: bytes | None = None
        """The text as the transport sends it, made by the first subscriber for all."""

    def finish(self) -> None:
        """Measure the lag, now that all subscribers have it."""
        is_measured = self.frame is not None and self.to_revision is not None
        if is_measured and not next(_finished) % LAGS_MEASURED:
            metrics.lag_seconds.observe(max(0.0, time.time() - self.publications[0].published_at))


def span(publications: Sequence[Publication]) -> tuple[int | None, int | None]:
    """The revisions before and after publications, if they follow each other without a gap."""
    before = after = None
    for each in publications:
        if not each.text:
            return OUT_OF_ORDER, OUT_OF_ORDER
        if each.revision is None:
            continue
        if after is None:
            before = each.base
        elif each.base != after:
            return OUT_OF_ORDER, OUT_OF_ORDER
        after = each.revision
    return before, after


_finished = count()


def is_control(topic: str) -> bool:
    """Whether a topic's publications are for the server, and shown on no page."""
    return topic in (EVERYBODY, ACTIVITY) or topic.startswith("rights/")
