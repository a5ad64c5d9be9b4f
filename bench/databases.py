"""The database servers of a run: real ones, as the tests start them, on the generator's core."""

from functools import cached_property
from pathlib import Path

from bench import machine
from tests import services
from tests.servers import PostgreSQL, Redis, start_postgresql, start_redis

NAMES = ("postgresql", "redis")


class Databases:
    """Started when they are first asked for; `end` ends them."""

    @cached_property
    def postgresql(self) -> PostgreSQL:
        with machine.pinned(machine.OTHER_CORE):
            return start_postgresql()

    @cached_property
    def redis(self) -> Redis:
        with machine.pinned(machine.OTHER_CORE):
            return start_redis()

    def new(self, template: str | None = None) -> str:
        """The URL of a new PostgreSQL database, a copy of the one at `template` if there is one."""
        return services.new_database(self.postgresql.url, template)

    def drop(self, url: str) -> None:
        services.drop_database(self.postgresql.url, url)

    def programs(self) -> list[str | Path]:
        """The servers that are in use."""
        return [self.__dict__[name].program for name in NAMES if name in self.__dict__]

    def end(self) -> None:
        for name in NAMES:
            if name in self.__dict__:
                self.__dict__.pop(name).remove()
