"""bin/migrate-to-postgres moves everything, the same on both sides, or nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from db.backup import commands
from tests.applications import HOME
from tests.db.backup.backups import contents, fill, is_empty, run, run_sql
from tests.services import drop_database, new_database


async def test_everything_moves(
    sqlite_url: str, postgresql_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(sqlite_url)
    target = new_database(postgresql_server)
    assert run(commands.migrate_to_postgres, "", sqlite_url, target) == 0
    assert contents(target) == contents(sqlite_url)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["table", "rows", "hash"]
    rows = {line.split()[0]: line.split()[1] for line in printed[1:-1]}
    assert rows == {
        name: str(len(each))
        for name, each in contents(sqlite_url).items()
        if name != "alembic_version"
    }
    drop_database(postgresql_server, target)


async def test_the_target_may_be_migrated_but_empty(
    sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    await fill(sqlite_url)
    done = subprocess.run(  # noqa: ASYNC221
        [HOME / "bin/migrate-to-postgres", sqlite_url, postgresql_url],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": "sqlite:////nowhere"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert contents(postgresql_url) == contents(sqlite_url)


@pytest.mark.parametrize(
    "trigger",
    [
        "NEW.body = NEW.body || ' '; RETURN NEW;",
        "IF NEW.position = 3 THEN RETURN NULL; END IF; RETURN NEW;",
    ],
    ids=["an extra space", "a missing row"],
)
async def test_the_slightest_difference_is_found_and_nothing_is_kept(
    sqlite_url: str, postgresql_url: str, trigger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(sqlite_url)
    run_sql(
        postgresql_url,
        f"CREATE FUNCTION alter_it() RETURNS trigger AS $$ BEGIN {trigger} END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER alters BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION alter_it()",
    )
    assert run(commands.migrate_to_postgres, "", sqlite_url, postgresql_url) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("What arrived differs from what was sent in messages: ")
    assert "differs on arrival:" in printed.out
    assert is_empty(postgresql_url)


async def test_text_that_postgresql_cannot_hold_is_a_one_line_error(
    sqlite_url: str, postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(sqlite_url)
    run_sql(sqlite_url, "UPDATE messages SET body = 'a' || char(0) || 'b' WHERE position = 1")
    assert run(commands.migrate_to_postgres, "", sqlite_url, postgresql_url) == 1
    assert capsys.readouterr().err.startswith("Failed, nothing was changed: invalid byte")
    assert is_empty(postgresql_url)


async def test_a_dangling_reference_is_a_one_line_error(
    sqlite_url: str, postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(sqlite_url)
    run_sql(sqlite_url, "DELETE FROM conversations")
    assert run(commands.migrate_to_postgres, "", sqlite_url, postgresql_url) == 1
    assert capsys.readouterr().err.startswith("Failed, nothing was changed: insert or update")
    assert is_empty(postgresql_url)


async def test_a_database_with_data_is_refused(
    sqlite_url: str, postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_sql(postgresql_url, "INSERT INTO login_attempts VALUES ('ada', '127.0.0.1', 1)")
    before = contents(postgresql_url)
    assert run(commands.migrate_to_postgres, "", sqlite_url, postgresql_url) == 1
    assert "is not empty: login_attempts has rows." in capsys.readouterr().err
    assert contents(postgresql_url) == before


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("postgresql://x/y", "postgresql://x/y"),
        ("sqlite:///x", "sqlite:///y"),
        ("sqlite:///x", "mysql://x/y"),
    ],
)
def test_other_kinds_of_addresses_are_usage_errors(source: str, target: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run(commands.migrate_to_postgres, "", source, target)
    assert ended.value.code == 2
