"""What the environment says."""

import runpy
from pathlib import Path
from typing import Any

import pytest

import settings
from live.broker.redis import RedisDriver

SETTINGS = str(Path(settings.__file__))
NAMES = [
    "DATABASE_URL",
    "REDIS_URL",
    "BROKER_URL",
    "WEB_CONCURRENCY",
    "HEARTBEAT",
    "ALLOWED_HOSTS",
    "HOST",
    "SIGNUPS_PER_HOUR",
    "DYNO",
]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The settings of a process that starts with this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(SETTINGS)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("sqlite:///parley.sqlite3", "sqlite:///parley.sqlite3"),
        ("sqlite:////abs/parley.sqlite3?x=y", "sqlite:////abs/parley.sqlite3?x=y"),
        ("postgresql://u:p@host:5432/name", "postgresql://u:p@host:5432/name"),
        ("postgres://u:p@host/name", "postgresql://u:p@host/name"),
        ("postgres://h/n?sslmode=require", "postgresql://h/n?ssl=require"),
        ("postgresql://h/n?sslmode=verify-full&x=1", "postgresql://h/n?ssl=verify-full&x=1"),
        ("postgresql://u:p%40ss@h/n", "postgresql://u:p%40ss@h/n"),
    ],
)
def test_a_database_is_named_as_the_driver_understands_it(given: str, taken: str) -> None:
    assert settings.database_url(given) == taken


@pytest.mark.parametrize("url", ["", "mysql://h/n", "/parley.sqlite3", "http://x"])
def test_another_database_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL must begin with sqlite: or postgresql:"):
        settings.database_url(url)


def test_without_an_environment_one_process_serves_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch)
    assert found["DATABASE_URL"] == f"sqlite:///{Path(SETTINGS).parent}/parley.sqlite3"
    assert found["BROKER_URL"] == "memory://"
    assert found["IS_SINGLE_PROCESS"]
    assert (found["HEARTBEAT"], found["WEB_CONCURRENCY"]) == (15.0, 1)
    assert list(found["ALLOWED_HOSTS"]) == ["*"]
    assert found["SIGNUPS_PER_HOUR"] == 20


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        DATABASE_URL="postgres://h/n",
        REDIS_URL="redis://h",
        WEB_CONCURRENCY="3",
        HEARTBEAT="0.5",
        ALLOWED_HOSTS="a.example, b.example",
    )
    assert found["DATABASE_URL"] == "postgresql://h/n"
    assert found["BROKER_URL"] == "redis://h"
    assert not found["IS_SINGLE_PROCESS"]
    assert (found["HEARTBEAT"], found["WEB_CONCURRENCY"]) == (0.5, 3)
    assert list(found["ALLOWED_HOSTS"]) == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", ["localhost", "127.0.0.1", "[::1]"]),
        ("localhost", ["localhost", "127.0.0.1", "[::1]"]),
        ("::1", ["localhost", "127.0.0.1", "[::1]"]),
        ("0.0.0.0", ["*"]),
        ("192.0.2.7", ["*"]),
    ],
)
def test_a_server_for_this_machine_alone_answers_to_no_other_name(
    monkeypatch: pytest.MonkeyPatch, host: str, names: list[str]
) -> None:
    assert list(read(monkeypatch, HOST=host)["ALLOWED_HOSTS"]) == names
    named = read(monkeypatch, HOST=host, ALLOWED_HOSTS="a.example")
    assert list(named["ALLOWED_HOSTS"]) == ["a.example"]


def test_a_broker_of_another_kind_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, BROKER_URL="postgresql://h/n", WEB_CONCURRENCY="2")
    assert found["BROKER_URL"] == "postgresql://h/n"
    assert not found["IS_SINGLE_PROCESS"]


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ("rediss://:secret@h:6380", "none"),
        ("rediss://h/0?health_check_interval=9", "none"),
        ("rediss://h?ssl_cert_reqs=required", "required"),
        ("redis://h", None),
    ],
)
def test_on_heroku_a_certificate_that_redis_has_signed_itself_is_taken(
    monkeypatch: pytest.MonkeyPatch, given: str, checked: str | None
) -> None:
    taken = read(monkeypatch, REDIS_URL=given, DYNO="web.1")["BROKER_URL"]
    assert taken.startswith(given)
    options = RedisDriver(taken)._publisher.connection_pool.connection_kwargs
    assert options.get("ssl_cert_reqs") == checked
    assert options["host"] == "h"


@pytest.mark.parametrize("url", ["rediss://:secret@h:6380", "rediss://h?ssl_cert_reqs=none"])
def test_elsewhere_certificates_are_checked_unless_the_address_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert read(monkeypatch, REDIS_URL=url)["BROKER_URL"] == url


def test_islands_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as refusal:
        read(monkeypatch, WEB_CONCURRENCY="2")
    assert "set REDIS_URL (redis://…), or WEB_CONCURRENCY=1" in str(refusal.value)
