"""Two users and their conversation, for tests that take no more."""

import pytest

from db.users import User
from tests.factories import make_conversation, make_user


@pytest.fixture
async def ada(database: str) -> User:
    return await make_user("ada")


@pytest.fixture
async def bob(database: str) -> User:
    return await make_user("bob")


@pytest.fixture
async def chat(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob])
