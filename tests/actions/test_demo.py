"""What Parley shows at first: people and lively conversations, in an empty database only."""

import pytest

import settings
from actions import demo
from db import engine, inbox, messages, users
from tests.factories import make_user


@pytest.fixture(autouse=True)
def database_to_fill(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", database_url)


async def test_an_empty_database_is_filled_once(capsys: pytest.CaptureFixture[str]) -> None:
    await demo.fill()
    said = capsys.readouterr().out
    assert "mira" in said
    assert demo.PASSWORD in said
    await demo.fill()
    assert "are here already" in capsys.readouterr().out
    await engine.connect(settings.DATABASE_URL, 5, 2.5)
    mira = await users.get_by_username("mira")
    assert mira is not None
    entries, _, _ = await inbox.list_entries(mira.id, None, 99)
    assert len(entries) == len(demo.CONVERSATIONS)
    assert {entry.kind for entry in entries} == {"direct", "group", "self"}
    assert sum(entry.unread for entry in entries) > 0
    for entry in entries:
        log = await messages.after(entry.id, 0, 100)
        assert [m.position for m in log] == sorted({m.position for m in log})
        assert [m.created_at for m in log] == sorted(m.created_at for m in log)
    await engine.disconnect()


async def test_a_database_in_use_is_left_as_it_is(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_user("ada")
    await engine.disconnect()
    await demo.fill()
    assert "This database is in use" in capsys.readouterr().out
    await engine.connect(settings.DATABASE_URL, 5, 2.5)
    assert await users.get_by_username("mira") is None
