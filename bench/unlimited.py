"""Parley without its rate limit: `uvicorn bench.unlimited:app`.

A measured sender says more than the twenty times a second that a person may. Nothing else differs
from `app:app`.
"""

from routes import rate_limit

rate_limit.RATE = rate_limit.BURST = 10**9

from app import app  # noqa: E402  # after the limits are lifted

__all__ = ["app"]
