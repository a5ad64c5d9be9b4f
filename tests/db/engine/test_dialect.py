"""The SQL that differs means the same on both databases."""

import pytest

from db import engine
from db.engine.dialect import given

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("items", [[], [2**53], [1, 2, 3]])
async def test_a_list_of_values_is_a_table(items: list[int]) -> None:
    ids, values = given(items, id="BIGINT")
    rows = await engine.rows(f"SELECT id FROM ({ids}) AS given ORDER BY id", **values)  # noqa: S608
    assert [row["id"] for row in rows] == items


async def test_a_list_of_rows_is_a_table() -> None:
    people = [(1, 'Ada "🍎" \\N'), (2, ""), (3, None)]
    listed, values = given(people, id="BIGINT", name="TEXT")
    rows = await engine.rows(f"SELECT * FROM ({listed}) AS given ORDER BY id", **values)  # noqa: S608
    assert [(row["id"], row["name"]) for row in rows] == people
