"""Parley without its rate limit: `uvicorn bench.unlimited:app`.

A measured sender says more than the twenty times a second that a person may. Nothing else differs
from `app:app`.
"""

import settings
from routes import rate_limit

rate_limit.frames_and_posts.rate = rate_limit.frames_and_posts.burst = 10**9
settings.CONNECTIONS_PER_PERSON = settings.CONNECTIONS_PER_ADDRESS = 0

from app import app  # noqa: E402  # after the limits are lifted

__all__ = ["app"]
