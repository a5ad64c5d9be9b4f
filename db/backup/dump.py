"""bin/backup: the database named by DATABASE_URL, in one file, while Parley serves."""

from pathlib import Path

import settings
from db.backup import archive, cli, store

DESCRIPTION = """\
Writes a consistent copy of the database that DATABASE_URL names into FILE, while Parley serves:
everything that was committed when it began, nothing of what came later. FILE can be restored into
SQLite and PostgreSQL alike. It holds hashes of passwords, so only its owner may read it."""


async def main(arguments: list[str]) -> None:
    """The folder in which relative names begin, and what the person said."""
    folder, *said = arguments
    parser = cli.parser("bin/backup", DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="where it goes; it must not exist yet")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    given = parser.parse_args(said)
    path = Path(folder, given.file)
    async with store.snapshot(settings.DATABASE_URL) as snapshot:
        tallies = await archive.write(path, snapshot, replace=given.force)
    cli.print_tallies(tallies)
    print(f"{path} holds {store.named(settings.DATABASE_URL)} at revision {snapshot.revision}.")


if __name__ == "__main__":
    cli.run_process(main)
