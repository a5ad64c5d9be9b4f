"""bin/backup, bin/restore and bin/migrate-to-postgres."""

import sys
from pathlib import Path

import settings
from db.backup import archive, cli
from db.backup.load import Mismatch, load
from db.backup.store import display_name, is_sqlite, snapshot

BACKUP = """\
Writes a consistent copy of the database that DATABASE_URL names into FILE, while Parley serves:
everything that was committed when it began, nothing that came later. FILE can be restored into
SQLite and PostgreSQL alike. It contains password hashes, so only its owner may read it."""

RESTORE = """\
Loads the backup FILE into the empty database that DATABASE_URL names, SQLite or PostgreSQL, and
migrates it to the schema of this version. It loads everything or nothing: FILE is read to its end
first and refused if it is altered or truncated, and every row is read back and hashed before the
commit. A database that is not empty is refused. Parley should not be serving it meanwhile."""

MIGRATE = """\
Moves everything from the SQLite file to the empty PostgreSQL database, and creates its schema.
Every row is counted and hashed on both sides before the commit; at the slightest difference nothing
is kept. The file stays as it is. Stop Parley first: what is written meanwhile is left behind."""


async def backup(folder: str, *arguments: str) -> None:
    """Relative paths begin in `folder`."""
    parser = cli.parser("bin/backup", BACKUP)
    parser.add_argument("file", metavar="FILE", help="where to write it; must not exist yet")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    options = parser.parse_args(arguments)
    path = Path(folder, options.file)
    async with snapshot(settings.DATABASE_URL) as source:
        checksums = await archive.write(path, source, replace=options.force)
    cli.print_checksums(checksums)
    print(f"{path} holds {display_name(settings.DATABASE_URL)} at revision {source.revision}.")


async def restore(folder: str, *arguments: str) -> None:
    """Relative paths begin in `folder`."""
    parser = cli.parser("bin/restore", RESTORE)
    parser.add_argument("file", metavar="FILE", help="the output of bin/backup")
    parser.add_argument("--check", action="store_true", help="only read FILE; needs no database")
    options = parser.parse_args(arguments)
    path = Path(folder, options.file)
    source = archive.Archive(path)
    checksums = await source.verify()
    if not options.check:
        await load(settings.DATABASE_URL, source)
    cli.print_checksums(checksums)
    verdict = "is intact" if options.check else f"is in {display_name(settings.DATABASE_URL)}"
    print(f"{path} of {source.taken_at}, at revision {source.revision}, {verdict}.")


async def migrate_to_postgres(*arguments: str) -> None:
    parser = cli.parser("bin/migrate-to-postgres", MIGRATE)
    parser.add_argument("source", metavar="SQLITE_URL", help="sqlite:///parley.sqlite3")
    parser.add_argument("target", metavar="POSTGRES_URL", help="postgresql://user@host/database")
    options = parser.parse_args(arguments)
    if not is_sqlite(options.source) or is_sqlite(options.target):
        parser.error("the first address begins with sqlite:, the second with postgresql:")
    try:
        target = settings.database_url(options.target)
    except ValueError:
        parser.error("the second address begins with postgresql:")
    try:
        async with snapshot(options.source) as source:
            checksums = await load(target, source)
    except Mismatch as mismatch:
        cli.print_checksums(mismatch.sent)
        print("differs on arrival:")
        cli.print_checksums(mismatch.differing)
        raise
    cli.print_checksums(checksums)
    print(f"{display_name(target)} holds all of {display_name(options.source)}, row for row.")


COMMANDS: dict[str, cli.Command] = {
    "backup": backup,
    "restore": restore,
    "migrate-to-postgres": migrate_to_postgres,
}

if __name__ == "__main__":
    cli.run_process(COMMANDS[sys.argv[1]], sys.argv[2:])
