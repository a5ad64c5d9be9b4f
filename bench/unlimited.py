"""Parley for whom nobody is too fast: `uvicorn bench.unlimited:app`.

A measured sender says more than the twenty frames a second that a person may. Nothing else differs
from `app:app`.
"""

from routes import allowance

allowance.FRAMES_A_SECOND = allowance.FRAMES_AT_ONCE = 10**9

from app import app  # noqa: E402  # after the limits are lifted

__all__ = ["app"]
