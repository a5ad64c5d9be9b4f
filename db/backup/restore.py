"""bin/restore: a backup, into the empty database named by DATABASE_URL."""

from pathlib import Path

import settings
from db.backup import archive, cli, load, store

DESCRIPTION = """\
Puts the backup FILE into the empty database that DATABASE_URL names, SQLite or PostgreSQL, and
migrates it to what this Parley needs. Everything is put in or nothing: FILE is read to its end
first and refused if it was altered or cut off, and every row is read back and hashed before it
counts. A database that holds anything is refused. Parley should not be serving it meanwhile."""


async def main(arguments: list[str]) -> None:
    """The folder in which relative names begin, and what the person said."""
    folder, *said = arguments
    parser = cli.parser("bin/restore", DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="what bin/backup has written")
    parser.add_argument("--check", action="store_true", help="only read FILE, without a database")
    given = parser.parse_args(said)
    path = Path(folder, given.file)
    backup, tallies = await archive.check(path)
    if not given.check:
        await load.fill(settings.DATABASE_URL, backup)
    cli.print_tallies(tallies)
    verdict = "is whole" if given.check else f"is in {store.named(settings.DATABASE_URL)}"
    print(f"{path} of {backup.taken_at}, at revision {backup.revision}, {verdict}.")


if __name__ == "__main__":
    cli.run_process(main)
