"""Typing notifications."""

import pytest

from actions import typing_notifications
from live import hub, publication
from tests.factories import make_conversation, make_user
from tests.pages import Page

pytestmark = pytest.mark.usefixtures("live")


async def test_typing_is_published_and_not_stored() -> None:
    ada = await make_user("ada", "Ada & <b>")
    id = await make_conversation([ada])
    with hub.subscribe(publication.conversation(id)) as subscription:
        await typing_notifications.publish(ada, id)
        [told] = await subscription.next(5)
    assert told.revision is None
    page = Page()
    page.apply(told.text)
    assert page.typing == {str(ada.id)}
    assert "Ada &amp; &lt;b&gt;" in told.text
