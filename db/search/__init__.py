"""Searching messages: an index that follows the logs of conversations, and what is found in it.

`searchable` has a row for each message that can be found, `search_cursors` the revision up to which
each log is indexed. An id begins with the time of its message, so the newest are found first by the
primary key. PostgreSQL keeps the words in the row, as a tsvector; SQLite in an FTS5 table,
`searched`.
"""
