"""Statements in the form that each driver takes."""

import pytest

from db.engine.statement import Statement


@pytest.mark.parametrize(
    ("sql", "numbered", "values"),
    [
        ("SELECT 1", "SELECT 1", []),
        ("SELECT :b, :a, :b", "SELECT $1, $2, $1", ["two", "one"]),
        ("SELECT CAST(:a AS TEXT), a::text", "SELECT CAST($1 AS TEXT), a::text", ["one"]),
        ("WHERE a % 2 = 0 AND b = :a", "WHERE a % 2 = 0 AND b = $1", ["one"]),
    ],
)
def test_each_name_becomes_one_number(sql: str, numbered: str, values: list[object]) -> None:
    assert Statement(sql, {"a": "one", "b": "two"}).numbered() == (numbered, values)
