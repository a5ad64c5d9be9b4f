"""A backup as a file: gzipped lines, the same for both databases.

{"format":"parley-backup","version":1,"revision":"0001","taken_at":"2026-11-23T06:11:00Z"}
{"table":"users","columns":[["id","integer"],["username","text"]]}
[42,"ada"]
{"rows":1,"hash":"<the checksum of these rows>"}
... the other tables, each after those that it references ...
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
from typing import IO, Protocol

from db.backup.row_format import (
    BATCH,
    BackupError,
    Batches,
    Checksum,
    Column,
    Table,
    checksum,
    to_json,
)

VERSION = 1
LEVEL = 5
"""Higher levels take much longer and gain little."""


class Source(Protocol):
    """What can be archived or loaded: a snapshot of a database, or an archive."""

    revision: str

    def contents(self) -> AsyncIterator[tuple[Table, Batches]]:
        """Each table with its rows, which must be read before the next table."""


async def write(path: Path, source: Source, *, replace: bool) -> dict[str, Checksum]:
    """Write a source to a file, which appears when it is complete and on disk.

    An existing path is an error, unless it is to be replaced.
    """
    require_free(path, replace)
    with new_file(path, replace) as file, gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
        return await Writer(packed).write(source)


class Writer:
    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    async def write(self, source: Source) -> dict[str, Checksum]:
        taken_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._write_line(
            format="parley-backup", version=VERSION, revision=source.revision, taken_at=taken_at
        )
        checksums: dict[str, Checksum] = {}
        async for table, batches in source.contents():
            checksums[table.name] = await self._write_table(table, batches)
        self._write_line(tables=len(checksums), sha256=self._sha256.hexdigest())
        return checksums

    async def _write_table(self, table: Table, batches: Batches) -> Checksum:
        columns = [[column.name, column.kind] for column in table.columns]
        self._write_line(table=table.name, columns=columns)
        result = Checksum()
        async for lines in result.over(batches):
            self._write(b"".join(line + b"\n" for line in lines))
        self._write_line(rows=result.rows, hash=result.hash)
        return result

    def _write_line(self, **fields: object) -> None:
        self._write(to_json(fields).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        self._sha256.update(data)
        self._file.write(data)


class Archive:
    """A backup file as a source. Any damage is a `BackupError` where it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as file:
            header = json.loads(file.readline())
            if header["format"] != "parley-backup":
                raise self._damaged()
            if header["version"] != VERSION:
                raise BackupError(f"{path} was made by a newer Parley, in a format unknown here.")
            self.revision = str(header["revision"])
            self.taken_at = str(header["taken_at"])

    async def verify(self) -> dict[str, Checksum]:
        """Read the whole file."""
        return {table.name: await checksum(batches) async for table, batches in self.contents()}

    async def contents(self) -> AsyncIterator[tuple[Table, Batches]]:
        with self._open() as file:
            reader = LineReader(file)
            reader.read()
            tables = 0
            while "table" in (line := json.loads(reader.read())):
                table = Table(line["table"], tuple(Column(*column) for column in line["columns"]))
                yield table, self._rows(reader)
                tables += 1
            if line != {"tables": tables, "sha256": reader.hash_before} or not reader.is_at_end():
                raise self._damaged()

    async def _rows(self, reader: "LineReader") -> Batches:
        result = Checksum()
        with self._damage_noticed():
            while lines := reader.read_rows():
                result.add(lines)
                yield lines
            if json.loads(reader.read()) != {"rows": result.rows, "hash": result.hash}:
                raise self._damaged()

    @contextmanager
    def _open(self) -> Iterator[gzip.GzipFile]:
        with self._damage_noticed(), gzip.open(self._path, "rb") as file:
            yield file

    @contextmanager
    def _damage_noticed(self) -> Iterator[None]:
        """The errors of unpacking and parsing an altered file."""
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
            raise self._damaged() from error

    def _damaged(self) -> BackupError:
        return BackupError(f"{self._path} is not a backup of Parley, or damaged or truncated.")


class LineReader:
    """Reads the lines of an archive and hashes them."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._ahead = file.readline()
        self._sha256 = hashlib.sha256()
        self.hash_before = ""
        """Of every line before the last one returned by `read`."""

    def is_at_end(self) -> bool:
        return self._ahead == b""

    def read(self) -> bytes:
        """The next line."""
        self.hash_before = self._sha256.hexdigest()
        return self._read_line()

    def read_rows(self) -> list[bytes]:
        """The next rows, at most `BATCH`; none where another kind of line follows."""
        rows: list[bytes] = []
        while len(rows) < BATCH and self._ahead.startswith(b"["):
            rows.append(self._read_line())
        return rows

    def _read_line(self) -> bytes:
        line = self._ahead
        if not line.endswith(b"\n"):
            raise EOFError
        self._sha256.update(line)
        self._ahead = self._file.readline()
        return line[:-1]


@contextmanager
def new_file(path: Path, replace: bool) -> Iterator[IO[bytes]]:
    """A temporary file beside the path, renamed when the block ends well.

    Only its owner may read it: it contains password hashes.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        rename(temporary, path, replace)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def rename(temporary: Path, path: Path, replace: bool) -> None:
    """Rename the file; one that was created meanwhile stays as it is."""
    try:
        if not replace:
            path.hardlink_to(temporary)
            return
    except OSError:  # the path exists; or the file system has no links
        require_free(path, replace)
    temporary.replace(path)


def require_free(path: Path, replace: bool) -> None:
    if os.path.lexists(path) and (path.is_dir() or not replace):
        raise BackupError(f"{path} already exists; --force replaces a file.")


def sync(folder: Path) -> None:
    """Write the folder's new entry to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
