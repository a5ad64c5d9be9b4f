"""A statement as both databases take it: SQL with `:names` in it, and their values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Row(Protocol):
    """A row as the drivers make it, by the names of its columns: `Type(**row)`."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Statement:
    """SQLite takes it as it is; PostgreSQL wants its values `numbered`.

    It replaces SQLAlchemy inside `databases`, which parses and compiles the text at each call and
    wraps each row, at a higher cost than the query.
    """

    sql: str
    values: Mapping[str, object]

    def numbered(self) -> tuple[str, list[object]]:
        """The SQL with `$1`, `$2`, and so on, and the values in that order."""
        sql, names = numbered(self.sql)
        return sql, [self.values[name] for name in names]


@lru_cache(maxsize=1024)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(dict.fromkeys(NAME.findall(sql)))
    places = {name: f"${place}" for place, name in enumerate(names, start=1)}
    return NAME.sub(lambda match: places[match[1]], sql), names
