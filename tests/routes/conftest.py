"""The two people of most tests of routes: as the database knows them, and at their browsers."""

import pytest

from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_user


@pytest.fixture
async def user(site: Site) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def other(site: Site) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def ada(site: Site, user: User) -> Visitor:
    return await site.visitor(user)


@pytest.fixture
async def bob(site: Site, other: User) -> Visitor:
    return await site.visitor(other)
