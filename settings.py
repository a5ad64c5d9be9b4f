"""All settings, read once from the environment."""

import os
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings


def database_url(url: str) -> str:
    """The URL as `databases` and asyncpg understand it.

    Heroku-style URLs use `postgres://` and `?sslmode=require`; `databases` understands the first
    and silently ignores the second, so the connection would not be encrypted.
    """
    scheme, _, address = url.partition(":")
    if scheme == "sqlite":
        return url
    if scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must begin with sqlite: or postgresql:, not {scheme}:")
    return with_option_renamed(f"postgresql:{address}", "sslmode", "ssl")


def with_option_renamed(url: str, old: str, new: str) -> str:
    parts = urlsplit(url)
    options = [(new if key == old else key, value) for key, value in parse_qsl(parts.query)]
    return parts._replace(query=urlencode(options)).geturl()


def broker_url(url: str, *, on_heroku: bool) -> str:
    """The URL as the broker understands it.

    Heroku's Redis accepts only TLS, with a self-signed certificate, so a client that checks it
    cannot connect. The connection stays within Heroku's own network. Anywhere else the certificate
    is checked, and a setting in the URL itself always wins.
    """
    parts = urlsplit(url)
    options = parse_qsl(parts.query)
    if parts.scheme != "rediss" or not on_heroku or CERTIFICATE_CHECK in dict(options):
        return url
    return parts._replace(query=urlencode([*options, (CERTIFICATE_CHECK, "none")])).geturl()


CERTIFICATE_CHECK = "ssl_cert_reqs"  # redis-py's name


def served_hosts(host: str) -> str:
    """The names by which a server on this address is asked. On a loopback address no other name can
    be right: it is a page of another site, whose name was pointed here (DNS rebinding)."""
    return LOOPBACK_HOSTS if host.startswith("127.") or host in ("localhost", "::1") else "*"


LOOPBACK_HOSTS = "localhost, 127.0.0.1, [::1]"

config = Config(environ=os.environ)
ROOT = Path(__file__).resolve().parent

DATABASE_URL = database_url(config("DATABASE_URL", default=f"sqlite:///{ROOT}/parley.sqlite3"))
DATABASE_POOL_SIZE = config("DATABASE_POOL_SIZE", cast=int, default=5)
DATABASE_TIMEOUT = config("DATABASE_TIMEOUT", cast=float, default=2.5)
"""Seconds for one statement, and for all statements of a request together."""

REDIS_URL: str = config("REDIS_URL", default="")
BROKER_URL = broker_url(
    config("BROKER_URL", default=REDIS_URL or "memory://"),
    on_heroku="DYNO" in config.environ,  # Heroku names each process in it
)
WEB_CONCURRENCY = config("WEB_CONCURRENCY", cast=int, default=1)
ALLOWED_HOSTS = config(
    "ALLOWED_HOSTS",
    cast=CommaSeparatedStrings,
    default=served_hosts(config("HOST", default="")),
)

METRICS_TOKEN: str = config("METRICS_TOKEN", default="")
"""The token for reading /metrics. Without one there is no such address."""

SIGNUPS_PER_HOUR = config("SIGNUPS_PER_HOUR", cast=int, default=20)
"""Accounts that may be created from one address; 0 for any number."""

LOG_FORMAT: str = config("LOG_FORMAT", default="text" if sys.stdout.isatty() else "json")

HEARTBEAT = config("HEARTBEAT", cast=float, default=15.0)
"""Seconds between a stream's heartbeats; at each it also re-reads the database."""

CONNECTIONS_PER_PERSON = config("CONNECTIONS_PER_PERSON", cast=int, default=20)
"""Sockets, streams and waiting polls of one person in a process; 0 for no limit."""

CONNECTIONS_PER_ADDRESS = config("CONNECTIONS_PER_ADDRESS", cast=int, default=200)
"""The same of all who share an address, of IPv6 a /64; 0 for no limit."""

IS_SINGLE_PROCESS = BROKER_URL.startswith("memory:")
"""Whether this process cannot reach any other."""

if LOG_FORMAT not in ("json", "text"):
    sys.exit(f"LOG_FORMAT is {LOG_FORMAT}, but must be json or text.")

if WEB_CONCURRENCY > 1 and IS_SINGLE_PROCESS:
    sys.exit(
        f"WEB_CONCURRENCY is {WEB_CONCURRENCY}, but without Redis workers cannot reach each other: "
        "set REDIS_URL (redis://…), or WEB_CONCURRENCY=1."
    )
