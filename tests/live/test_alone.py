"""One process for a database where there is nothing that connects several."""

import asyncio
from pathlib import Path

import pytest

from live import alone


async def test_a_second_process_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "PATIENCE", 0.1)
    url = f"sqlite:///{tmp_path}/parley.sqlite3"
    with await alone.claim(url):
        with pytest.raises(alone.NotAlone, match="set REDIS_URL"):
            await alone.claim(url)
        with await alone.claim(url + "?another"):
            pass
    with await alone.claim(url):
        pass


async def test_one_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.sqlite3"
    first = await alone.claim(url)
    second = asyncio.create_task(alone.claim(url))
    await asyncio.sleep(0)
    first.close()
    (await second).close()
