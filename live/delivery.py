"""What one turn of the event loop brings to all who subscribe to a topic."""

import time
from collections.abc import Sequence
from itertools import count

from live import metrics
from live.metrics import LAGS_MEASURED
from live.publication import ACTIVITY, EVERYBODY, HERE, Publication

OUT_OF_ORDER = -1
"""Before no cursor: whoever is handed such a turn looks at its publications one by one."""


class Turn:
    """Publications of one topic, joined: who holds `before` may be given `text` and then holds
    `after`. Both are None where the text changes no cursor."""

    __slots__ = ("after", "before", "began_at", "frame", "publications", "text", "topic")

    def __init__(self, topic: str, publications: Sequence[Publication]) -> None:
        self.topic = topic
        self.publications = publications
        self.began_at = time.perf_counter()
        self.before, self.after = (
            (OUT_OF_ORDER, OUT_OF_ORDER) if is_control(topic) else span(publications)
        )
        self.text = "".join([each.text for each in publications])
        self.frame: bytes | None = None
        """The text as a transport sends it, kept by the first who needs it for all others."""

    @property
    def is_foreign(self) -> bool:
        """Whether any of it comes from another process."""
        return any(each.origin != HERE for each in self.publications)

    def handed(self) -> None:
        """All have been handed it: what went to sockets directly has been written."""
        if self.frame is not None and self.after is not None and not next(_turns) % LAGS_MEASURED:
            metrics.lag_seconds.observe(max(0.0, time.time() - self.publications[0].published_at))


def span(publications: Sequence[Publication]) -> tuple[int | None, int | None]:
    """The cursors before and after publications that can be said as they are."""
    before = after = None
    for each in publications:
        if not each.text:
            return OUT_OF_ORDER, OUT_OF_ORDER
        if each.revision is None:
            continue
        if after is None:
            before = each.revision - 1
        elif each.revision != after + 1:
            return OUT_OF_ORDER, OUT_OF_ORDER
        after = each.revision
    return before, after


_turns = count()


def is_control(topic: str) -> bool:
    """Whether what is published there is for the server, and for nobody's screen."""
    return topic in (EVERYBODY, ACTIVITY) or topic.startswith("rights/")
