"""One process for a database where there is nothing that connects several."""

import asyncio
from pathlib import Path

import pytest

from live.process import single_process


async def test_a_second_process_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_process, "LOCK_TIMEOUT", 0.1)
    url = f"sqlite:///{tmp_path}/parley.sqlite3"
    with await single_process.lock(url):
        with pytest.raises(single_process.AnotherProcess, match="set REDIS_URL"):
            await single_process.lock(url)
        with await single_process.lock(url + "?another"):
            pass
    with await single_process.lock(url):
        pass


async def test_one_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.sqlite3"
    first = await single_process.lock(url)
    second = asyncio.create_task(single_process.lock(url))
    await asyncio.sleep(0)
    first.close()
    (await second).close()
