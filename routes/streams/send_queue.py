"""The sink of a transport that is a task: frames wait here until the task sends them."""

from live import metrics
from live.delivery import Delivery
from live.subscription import Backlog
from routes.streams.close_codes import CloseCode, Ended


class SendQueue:
    def __init__(self, tier: str) -> None:
        self.tier = tier
        self._backlog: Backlog[str] = Backlog()
        self._lag = metrics.Lag()
        self._code: CloseCode | None = None

    def send(self, text: str) -> None:
        self._backlog.add(text, len(text))

    def deliver(self, delivery: Delivery) -> None:
        self.send(delivery.text)
        self._lag.taken(delivery.publications)

    def heartbeat(self) -> None:
        if not self._backlog:
            self.send("")

    def close(self, code: CloseCode) -> None:
        self._code = code
        self._backlog.wake()

    async def next(self, timeout: float | None = None) -> str:
        """All that waits, as one frame; `""` is a heartbeat, or `timeout` seconds of silence.

        Raises `Ended` once the stream has ended, without what was still waiting.
        """
        self._lag.written()
        if self._code is None:
            await self._backlog.wait(timeout)
        if self._code is not None:
            raise Ended(self._code)
        return "".join(self._backlog.take())
