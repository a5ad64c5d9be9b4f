"""What people type to search messages, as what is looked for.

tide "a phrase" -without from:mira in:"book club" after:2026-11-01 has:link
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from actions.errors import Invalid
from actions.text import clean
from db.search.hits import Term
from db.search.index import LINK
from db.words import words

QUERY_LENGTH = 200
TERMS = 10
SHORTEST_PREFIX = 2
"""Letters of a word that stand for all words that begin with them."""

TERM = re.compile(
    r'(?P<minus>-)?(?:(?P<key>from|in|before|after|on|has):)?(?P<value>"[^"]*"?|[^\s"]\S*)',
    re.IGNORECASE,
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Name:
    """What an author's or a conversation's name has to contain, or must not."""

    value: str
    is_excluded: bool


@dataclass(slots=True)
class Query:
    """What is looked for. Times are milliseconds since 1970: from `since` on, before `until`."""

    terms: list[Term] = field(default_factory=list)
    authors: list[Name] = field(default_factory=list)
    conversations: list[Name] = field(default_factory=list)
    since: int = 0
    until: int | None = None

    def is_empty(self) -> bool:
        return self == Query()

    def phrases(self) -> list[tuple[tuple[str, ...], bool]]:
        """The rows of words that a message has to have, and whether they are beginnings."""
        return [
            (phrase, term.is_prefix)
            for term in self.terms
            if not term.is_excluded
            for phrase in term.phrases
            if phrase != (LINK,)
        ]


def parse(text: str) -> Query:
    """What a text asks for. Raises `Invalid` where the query is malformed or too long.

    Marks and unknown words with a colon are words. The last word may be unfinished.
    """
    text = clean(text)
    if len(text) > QUERY_LENGTH:
        raise Invalid(
            q=f"A search has at most {QUERY_LENGTH} characters. This one has {len(text)}."
        )
    query = Query()
    for match in TERM.finditer(text):
        read(query, match, is_last=match.end() == len(text))
    if len(query.terms) + len(query.authors) + len(query.conversations) > TERMS:
        raise Invalid(q=f"A search has at most {TERMS} words. Leave some out.")
    require_something(query)
    return query


def read(query: Query, match: re.Match[str], *, is_last: bool) -> None:
    key = (match["key"] or "").lower()
    value = match["value"].strip('"')
    is_excluded = match["minus"] is not None
    if key in ("from", "in") and value.strip():
        names = query.authors if key == "from" else query.conversations
        names.append(Name(value.strip(), is_excluded))
    elif key in ("before", "after", "on") and not is_excluded:
        limit(query, key, value)
    elif key == "has" and value.lower() == "link":
        query.terms.append(Term(((LINK,),), is_excluded=is_excluded))
    else:
        phrase = tuple(words(match[0] if key else value))
        is_quoted = match["value"].startswith('"')
        is_beginning = not is_quoted and (value.endswith("*") or (is_last and not is_excluded))
        if phrase:
            is_prefix = is_beginning and len(phrase[-1]) >= SHORTEST_PREFIX
            query.terms.append(Term((phrase,), is_prefix, is_excluded))


def limit(query: Query, key: str, value: str) -> None:
    """Days are in UTC."""
    day = day_of(value)
    if key in ("on", "after"):
        since = start_of(day + timedelta(days=key == "after"))
        query.since = max(query.since, since)
    if key in ("on", "before"):
        until = start_of(day + timedelta(days=key == "on"))
        query.until = until if query.until is None else min(query.until, until)


def day_of(value: str) -> date:
    today = datetime.now(UTC).date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    if found := named.get(value.lower()):
        return found
    try:
        if not DATE.fullmatch(value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise Invalid(q=f"“{value}” is not a date. Write it as {today}.") from None
    if not 1970 <= day.year < 2200:
        raise Invalid(q=f"“{value}” is too far away.")
    return day


def start_of(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def require_something(query: Query) -> None:
    """All but what is excluded may be very much."""
    excluded = [term for term in query.terms if term.is_excluded]
    wanted = len(query.terms) > len(excluded) or query.authors or query.conversations
    if excluded and not wanted:
        raise Invalid(q="Say what to look for too, not only what to leave out.")
