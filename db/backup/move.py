"""bin/migrate-to-postgres: everything from a SQLite file into an empty PostgreSQL database."""

import settings
from db.backup import cli, store
from db.backup.load import Differs, fill
from db.backup.row_format import Tally

DESCRIPTION = """\
Moves everything from the SQLite file to the empty PostgreSQL database, which gets its schema first.
Every row is counted and hashed on both sides before it counts; at the slightest difference nothing
is kept. The file stays as it is. Stop Parley first: what is written meanwhile stays behind."""


async def main(arguments: list[str]) -> None:
    parser = cli.parser("bin/migrate-to-postgres", DESCRIPTION)
    parser.add_argument("source", metavar="SQLITE_URL", help="sqlite:///parley.sqlite3")
    parser.add_argument("target", metavar="POSTGRES_URL", help="postgresql://user@host/database")
    given = parser.parse_args(arguments)
    if not store.is_sqlite(given.source) or store.is_sqlite(given.target):
        parser.error("the first address begins with sqlite:, the second with postgresql:")
    try:
        target = settings.database_url(given.target)
    except ValueError:
        parser.error("the second address begins with postgresql:")
    try:
        async with store.snapshot(given.source) as snapshot:
            tallies = await fill(target, snapshot)
    except Differs as difference:
        print_both(difference.given, difference.held)
        raise
    cli.print_tallies(tallies)
    print(f"{store.named(target)} holds all of {store.named(given.source)}, row by row the same.")


def print_both(sent: dict[str, Tally], arrived: dict[str, Tally]) -> None:
    """Each table as it was sent, and, where it differs, as it arrived."""
    cli.print_tallies(sent)
    print("arrived otherwise:")
    cli.print_tallies({name: arrived[name] for name in sent if arrived[name] != sent[name]})


if __name__ == "__main__":
    cli.run_process(main)
