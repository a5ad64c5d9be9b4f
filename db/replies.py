"""Replies: messages that quote another one of their conversation.

What they quote is not copied, but read where it stands: so an edit changes it, and an unsending
takes it away, in every reply at once.
"""

from collections.abc import Iterable

from db.engine.dialect import given
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Place, Refusal
from db.log.revisions import Logs
from db.versions import said


def of_original(column: str) -> str:
    return f"""
        CASE WHEN m.reply_to IS NOT NULL THEN (
            SELECT {column}
            FROM messages q JOIN users qu ON qu.id = q.author_id
            LEFT JOIN participants qp
              ON qp.conversation_id = q.conversation_id AND qp.user_id = q.author_id
            WHERE q.conversation_id = m.conversation_id AND q.position = m.reply_to
        ) END
    """


QUOTE = f"""
    m.reply_to, {of_original("q.author_id")} AS quoted_author_id,
    {of_original("qu.name")} AS quoted_name, {of_original("qp.tint")} AS quoted_tint,
    {of_original(said("q"))} AS quoted_body
"""
"""The SQL for what a message `m` quotes, as that is now. For others nothing is looked up."""


def list_refused(places: Iterable[Place]) -> Script[dict[Place, Refusal]]:
    """Those of the places at which there is nothing that can be replied to, and why."""
    wanted = set(places)
    listed, values = given(wanted, conversation_id="BIGINT", position="BIGINT")
    rows = yield Statement(
        f"""
        WITH given AS ({listed})
        SELECT m.conversation_id, m.position, m.event FROM given JOIN messages m
          ON m.conversation_id = given.conversation_id AND m.position = given.position
        WHERE m.unsent_at IS NULL
        """,
        values,
    )
    refused = dict.fromkeys(wanted, Refusal.NO_ORIGINAL)
    for row in rows:
        place = row["conversation_id"], row["position"]
        if row["event"] is None:
            del refused[place]
        else:
            refused[place] = Refusal.EVENT
    return refused


def touch_quoting(original: Place, logs: Logs) -> Script[None]:
    """The replies to a message change with it.

    They get their revisions before it gets its own. So the revision with which it is published does
    not follow on what readers hold, who then read all of it at once.
    """
    conversation_id, position = original
    rows = yield Statement(QUOTING, {"conversation_id": conversation_id, "position": position})
    for row in rows:
        logs.touch((conversation_id, row["position"]))


QUOTING = """
    SELECT position FROM messages
    WHERE conversation_id = :conversation_id AND reply_to = :position
    ORDER BY position
"""
