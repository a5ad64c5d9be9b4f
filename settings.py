"""Every setting, read once from the environment and computed nowhere else."""

import os
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings


def database_url(url: str) -> str:
    """The URL as `databases` and asyncpg understand it.

    Heroku-style addresses say `postgres://` and `?sslmode=require`; `databases` knows the one and
    silently ignores the other, which would mean an unencrypted connection.
    """
    scheme, netloc, path, query, fragment = urlsplit(url)
    if scheme == "sqlite":
        return url
    if scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must begin with sqlite: or postgresql:, not {scheme}:")
    options = [("ssl" if key == "sslmode" else key, value) for key, value in parse_qsl(query)]
    return urlunsplit(("postgresql", netloc, path, urlencode(options), fragment))


def broker_url(url: str, *, on_heroku: bool) -> str:
    """The URL as the broker understands it.

    Heroku's Redis speaks TLS only, with a certificate that it has signed itself, so that whoever
    checks it never connects. The way there is Heroku's own network. Nowhere else is that let pass,
    and not where the URL itself says what is to be checked.
    """
    scheme, netloc, path, query, fragment = urlsplit(url)
    if scheme != "rediss" or not on_heroku or CERTIFICATE_CHECK in dict(parse_qsl(query)):
        return url
    options = [*parse_qsl(query), (CERTIFICATE_CHECK, "none")]
    return urlunsplit((scheme, netloc, path, urlencode(options), fragment))


CERTIFICATE_CHECK = "ssl_cert_reqs"  # as redis-py calls it

config = Config(environ=os.environ)
ROOT = Path(__file__).resolve().parent

DATABASE_URL = database_url(config("DATABASE_URL", default=f"sqlite:///{ROOT}/parley.sqlite3"))
DATABASE_POOL_SIZE = config("DATABASE_POOL_SIZE", cast=int, default=5)
DATABASE_TIMEOUT = config("DATABASE_TIMEOUT", cast=float, default=2.5)
"""Seconds that one statement may take, and all of a request together, before it is given up."""

REDIS_URL: str = config("REDIS_URL", default="")
BROKER_URL = broker_url(
    config("BROKER_URL", default=REDIS_URL or "memory://"),
    on_heroku="DYNO" in config.environ,  # each of Heroku's processes has its name there
)
WEB_CONCURRENCY = config("WEB_CONCURRENCY", cast=int, default=1)
ALLOWED_HOSTS = config("ALLOWED_HOSTS", cast=CommaSeparatedStrings, default="*")

METRICS_TOKEN: str = config("METRICS_TOKEN", default="")
"""What a reader of /metrics has to show. Without one, only this machine itself may read it."""

LOG_FORMAT: str = config("LOG_FORMAT", default="text" if sys.stdout.isatty() else "json")

HEARTBEAT = config("HEARTBEAT", cast=float, default=15.0)
"""Seconds of silence after which a stream says that it is alive and re-reads the database."""

IS_SINGLE_PROCESS = BROKER_URL.startswith("memory:")
"""Whether this process reaches no other one."""

if LOG_FORMAT not in ("json", "text"):
    sys.exit(f"LOG_FORMAT is {LOG_FORMAT}, but must be json or text.")

if WEB_CONCURRENCY > 1 and IS_SINGLE_PROCESS:
    sys.exit(
        f"WEB_CONCURRENCY is {WEB_CONCURRENCY}, but without Redis each worker would be an island: "
        "set REDIS_URL (redis://…), or WEB_CONCURRENCY=1."
    )
