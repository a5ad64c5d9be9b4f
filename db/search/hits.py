"""The messages that match a search, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import engine
from db.engine.dialect import given, is_postgresql
from db.messages import NEIGHBOURS, Message, columns, message
from db.search.index import of_conversation

FEW = 50
"""Up to so many conversations are part of what FTS5 looks for, which costs something for each. With
more of them the hits of all are filtered, which costs something for each hit."""

SMALL = 20_000
"""Messages in all the conversations that are searched, up to which all hits are looked up."""

BUDGET = 1.5
"""Seconds that a search may take."""

LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand in a row in a message, or one of several such rows, of which there may be
    none; of the last word maybe only the beginning. A message that has what is excluded is no hit.
    """

    phrases: tuple[tuple[str, ...], ...]
    is_prefix: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of messages; and the id before which the next page begins, if there may be one."""

    messages: list[Message]
    before: int | None


async def find(
    user_id: int, conversation_ids: Sequence[int], terms: Sequence[Term],
    first: int, before: int, limit: int,
) -> Hits:  # fmt: skip
    """The newest messages with all these terms in these conversations of a user, whose ids are from
    `first` on and below `before`. What was unsent, or stands where the user has left, is none.

    Raises `engine.TooSlow` where too many match.
    """
    if not conversation_ids or not all(term.phrases or term.is_excluded for term in terms):
        return Hits([], None)
    terms = [term for term in terms if term.phrases]
    if is_postgresql():
        are_few = any(map(has_phrase, terms)) or await size_of(conversation_ids) <= SMALL
        ids, values = ids_on_postgresql(conversation_ids, terms, are_few=are_few)
    else:
        ids, values = ids_on_sqlite(conversation_ids, terms)
    rows = await engine.rows_within(
        BUDGET,
        f"""
        WITH hits AS MATERIALIZED ({ids} LIMIT :limit)
        SELECT hits.id AS hit, (SELECT COUNT(*) FROM hits) AS found,
            (SELECT MIN(id) FROM hits) AS last, {columns()}
        FROM hits
        JOIN participants me
          ON me.conversation_id = hits.conversation_id AND me.user_id = :user_id
        JOIN messages m
          ON m.conversation_id = hits.conversation_id AND m.position = hits.position
        {NEIGHBOURS}
        WHERE m.unsent_at IS NULL
        ORDER BY hits.id DESC
        """,
        user_id=user_id,
        first=first,
        before=before,
        limit=limit + 1,
        **values,
    )
    shown = rows[:limit]
    is_more = bool(rows) and rows[0]["found"] > limit
    last = rows[0]["last"] if is_more and len(rows) <= limit else shown[-1]["hit"] if shown else 0
    return Hits([message(row) for row in shown], last if is_more else None)


def ids_on_postgresql(
    conversation_ids: Sequence[int], terms: Sequence[Term], *, are_few: bool
) -> tuple[str, dict[str, object]]:
    """Few hits are all looked up, and then sorted. Left alone PostgreSQL expects more of them, in
    small conversations and of phrases, and goes through everyone's messages, the newest first,
    until it has found enough."""
    values: dict[str, object] = {"ids": list(conversation_ids)}
    if terms:
        values["terms"] = " & ".join(map(tsquery, terms))
    matches = "AND s.words @@ CAST(:terms AS TSQUERY)" if terms else ""
    found = f"""
        SELECT s.id, s.conversation_id, s.position FROM searchable s
        WHERE s.conversation_id = ANY (CAST(:ids AS BIGINT[]))
          AND s.id >= :first AND s.id < :before {matches}
    """
    if are_few:
        found = f"SELECT * FROM ({found} OFFSET 0) AS s"
    return f"{found} ORDER BY s.id DESC", values


def has_phrase(term: Term) -> bool:
    return not term.is_excluded and any(len(words) > 1 for words in term.phrases)


async def size_of(conversation_ids: Sequence[int]) -> int:
    """About so many messages stand in these conversations."""
    listed, values = given(conversation_ids, id="BIGINT")
    row = await engine.row(
        f"""
        SELECT CAST(SUM(c.last_position) AS BIGINT) AS size
        FROM ({listed}) AS given JOIN conversations c ON c.id = given.id
        """,
        **values,
    )
    return (row["size"] if row else None) or 0


def tsquery(term: Term) -> str:
    """A term for PostgreSQL. Words have letters, digits and marks of ours only."""
    star = ":*" if term.is_prefix else ""
    phrases = [" <-> ".join(f"'{word}'" for word in words) + star for words in term.phrases]
    return f"{'!' if term.is_excluded else ''}({' | '.join(f'({each})' for each in phrases)})"


def ids_on_sqlite(
    conversation_ids: Sequence[int], terms: Sequence[Term]
) -> tuple[str, dict[str, object]]:
    wanted = [term for term in terms if not term.is_excluded]
    excluded = [term for term in terms if term.is_excluded]
    if len(conversation_ids) <= FEW or (excluded and not wanted):
        wanted = [Term(tuple((of_conversation(id),) for id in conversation_ids)), *wanted]
        condition, values = "", dict[str, object]()
    else:
        listed, values = given(conversation_ids, id="BIGINT")
        condition = f"AND +s.conversation_id IN ({listed})"
    if not wanted:
        return (
            f"""
            SELECT s.id, s.conversation_id, s.position FROM searchable s
            WHERE s.id >= :first AND s.id < :before {condition} ORDER BY s.id DESC
            """,
            values,
        )
    match = " NOT ".join([f"({' AND '.join(map(fts5_query, wanted))})", *map(fts5_query, excluded)])
    return (
        f"""
        SELECT s.id, s.conversation_id, s.position
        FROM searched JOIN searchable s ON s.id = searched.rowid
        WHERE searched MATCH :match AND searched.rowid >= :first AND searched.rowid < :before
          {condition}
        ORDER BY searched.rowid DESC
        """,
        values | {"match": match},
    )


def fts5_query(term: Term) -> str:
    star = " *" if term.is_prefix else ""
    phrases = ['"' + " ".join(words) + '"' + star for words in term.phrases]
    return f"({' OR '.join(phrases)})"
