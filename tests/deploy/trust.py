"""Visitors who know a test's certificate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests import clients
from tests.applications import Site
from tests.deploy.fronts import Nginx


@asynccontextmanager
async def trusted(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Parley behind nginx, as people reach it: by HTTP, and by WebSocket."""
    clients.SSL.load_verify_locations(nginx.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
    site = Site(nginx.url)
    async with site.visitors:
        yield site
