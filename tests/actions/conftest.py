"""The two people of most tests of actions, and their conversation."""

import pytest

from db.users import User
from tests.factories import make_conversation, make_user


@pytest.fixture
async def ada(live: None) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def bob(live: None) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def chat(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob])
