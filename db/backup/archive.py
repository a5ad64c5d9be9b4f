"""A backup as a file: gzipped lines, the same whichever database they came from.

{"format":"parley-backup","version":1,"revision":"0001","taken_at":"2026-11-23T06:11:00Z"}
{"table":"users","columns":[["id","integer"],["username","text"]]}
[42,"ada"]
{"rows":1,"hash":"<the tally of these rows>"}
... every other table, each after those that it refers to ...
{"tables":6,"sha256":"<of every line above>"}
"""

import gzip
import hashlib
import json
import os
import secrets
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from db.backup.row_format import BATCH, Column, Lines, Refused, Table, Tally, to_json

VERSION = 1
LEVEL = 5
"""Of compression: beyond it a backup takes much longer and is hardly smaller."""


class Source(Protocol):
    """What can be archived, restored or moved: a snapshot, or an archive."""

    revision: str

    def parts(self) -> AsyncIterator[tuple[Table, Lines]]:
        """Each table with its lines, which have to be read before going on to the next."""


async def write(path: Path, source: Source, *, replace: bool) -> dict[str, Tally]:
    """Write a source to a file, which is there when it is complete and on the disk.

    Refuses a path that is taken, unless it is to be replaced.
    """
    refuse_taken(path, replace)
    with arriving(path, replace) as file, gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
        return await Writer(packed).write(source)


def read(path: Path) -> "Archive":
    """The archive in a file. Only its first line has been read; the rest is, as it is asked for."""
    return Archive(path)


async def check(path: Path) -> tuple["Archive", dict[str, Tally]]:
    """Read a whole archive and refuse it if anything is missing or altered."""
    archive, tallies = read(path), {}
    async for table, lines in archive.parts():
        tallies[table.name] = Tally()
        async for _ in tallies[table.name].over(lines):
            pass
    return archive, tallies


class Writer:
    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    async def write(self, source: Source) -> dict[str, Tally]:
        taken_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._say(
            format="parley-backup", version=VERSION, revision=source.revision, taken_at=taken_at
        )
        tallies: dict[str, Tally] = {}
        async for table, lines in source.parts():
            tallies[table.name] = await self._write_table(table, lines)
        self._say(tables=len(tallies), sha256=self._sha256.hexdigest())
        return tallies

    async def _write_table(self, table: Table, lines: Lines) -> Tally:
        self._say(table=table.name, columns=[[each.name, each.kind] for each in table.columns])
        tally = Tally()
        async for some in tally.over(lines):
            self._put(b"".join(line + b"\n" for line in some))
        self._say(rows=tally.rows, hash=tally.hash)
        return tally

    def _say(self, **fields: object) -> None:
        self._put(to_json(fields).encode() + b"\n")

    def _put(self, data: bytes) -> None:
        self._sha256.update(data)
        self._file.write(data)


class Archive:
    """A backup in a file; whatever is wrong with it is `Refused` where it is found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._unpacked() as file:
            header = self._header(file.readline())
            if header["version"] != VERSION:
                raise Refused(f"{path} was made by a newer Parley, in a form unknown to this one.")
            self.revision = str(header["revision"])
            self.taken_at = str(header["taken_at"])

    async def parts(self) -> AsyncIterator[tuple[Table, Lines]]:
        """Each table with its lines, which have to be read before going on to the next."""
        with self._unpacked() as file:
            lines = Hashed(file)
            lines.next()
            tables = 0
            while "table" in (said := json.loads(lines.next())):
                table = Table(said["table"], tuple(Column(*each) for each in said["columns"]))
                yield table, self._rows(lines)
                tables += 1
            if said != {"tables": tables, "sha256": lines.hash_before} or lines.remain:
                raise self._damaged()

    async def _rows(self, lines: "Hashed") -> Lines:
        tally = Tally()
        with self._sound():
            while some := lines.rows():
                tally.add(some)
                yield some
            if json.loads(lines.next()) != {"rows": tally.rows, "hash": tally.hash}:
                raise self._damaged()

    @contextmanager
    def _unpacked(self) -> Iterator[gzip.GzipFile]:
        with self._sound(), gzip.open(self._path, "rb") as file:
            yield file

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Whatever unpacking and parsing say about a file that is not as it was written."""
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
            raise self._damaged() from error

    def _header(self, line: bytes) -> dict[str, Any]:
        header = json.loads(line)
        if not isinstance(header, dict) or header.get("format") != "parley-backup":
            raise self._damaged()
        return header

    def _damaged(self) -> Refused:
        return Refused(f"{self._path} is no backup of Parley, or is damaged or cut off.")


class Hashed:
    """The lines of an open archive, and the hash of those that were read."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._ahead = file.readline()
        self._sha256 = hashlib.sha256()
        self.hash_before = ""
        """Of every line before the one that was read last by `next`."""

    @property
    def remain(self) -> bool:
        return self._ahead != b""

    def next(self) -> bytes:
        """The next line, whatever it says."""
        self.hash_before = self._sha256.hexdigest()
        return self._take()

    def rows(self) -> list[bytes]:
        """The next rows, as many as there are until something else is said; up to `BATCH`."""
        rows: list[bytes] = []
        while len(rows) < BATCH and self._ahead.startswith(b"["):
            rows.append(self._take())
        return rows

    def _take(self) -> bytes:
        line = self._ahead
        if not line.endswith(b"\n"):
            raise EOFError
        self._sha256.update(line)
        self._ahead = self._file.readline()
        return line[:-1]


@contextmanager
def arriving(path: Path, replace: bool) -> Iterator[IO[bytes]]:
    """A new file beside the path, which takes its place when the block ends well.

    Its owner alone may read it: there are hashes of passwords inside.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        take_place(temporary, path, replace)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def take_place(temporary: Path, path: Path, replace: bool) -> None:
    """Give the file its name; one that somebody has made meanwhile stays as it is."""
    try:
        if not replace:
            path.hardlink_to(temporary)
            return
    except OSError:  # taken; or a disk without links
        refuse_taken(path, replace)
    temporary.replace(path)


def refuse_taken(path: Path, replace: bool) -> None:
    if os.path.lexists(path) and (path.is_dir() or not replace):
        raise Refused(f"{path} exists already; --force replaces a file.")


def sync(folder: Path) -> None:
    """Have the folder's new entry on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
