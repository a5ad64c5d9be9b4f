"""Static files, kept by browsers for as long as they are what they are."""

import gzip

import brotli
import pytest

from render.assets import asset, static_build
from routes import assets
from tests.applications import Site
from tests.pages import attribute, parsed
from tests.waiting import within

FOR_EVER = "max-age=31536000, immutable"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Files don't ask the database."""
    return sqlite_url


async def test_the_present_build_is_kept_for_ever(site: Site) -> None:
    stranger = await site.stranger()
    style = attribute(
        parsed((await stranger.get("/login/")).text).find("link", rel="stylesheet"), "href"
    )
    assert style == f"/static/{static_build()}/css/parley.css"
    answer = await stranger.get(style)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-type"].startswith("text/css")


async def test_another_build_is_asked_for_again(site: Site) -> None:
    stranger = await site.stranger()
    answer = await stranger.get("/static/0123456789ab/css/parley.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    stranger = await site.stranger()
    path = asset("icons/parley.svg")
    first = await stranger.get(path, Accept_Encoding="identity")
    again = await stranger.get(
        path, Accept_Encoding="identity", If_None_Match=first.headers["etag"]
    )
    assert again.status_code == 304


async def test_texts_are_compressed(site: Site) -> None:
    stranger = await site.stranger()
    path = asset("css/parley.css")
    plain = await stranger.get(path, Accept_Encoding="identity")
    for encoding in ("br", "gzip, br", "gzip"):
        answer = await stranger.get(path, Accept_Encoding=encoding)
        assert answer.headers["content-encoding"] == encoding.split(", ")[-1]
        assert answer.headers["cache-control"] == FOR_EVER
        assert "accept-encoding" in answer.headers["vary"].lower()
        assert answer.text == plain.text
        assert int(answer.headers.get("content-length", 0)) < len(plain.content) / 2
    assert (await stranger.http.head(path)).status_code == 200


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_a_text_is_compressed_once(
    site: Site, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    calls = []

    def compress(content: bytes) -> bytes:
        calls.append(encoding)
        return brotli.compress(content) if encoding == "br" else gzip.compress(content)

    assets.compressed.cache_clear()
    monkeypatch.setitem(assets.ENCODINGS, encoding, compress)
    stranger = await site.stranger()
    for _ in range(3):
        await stranger.get(asset("css/parley.css"), Accept_Encoding=encoding)
    assert calls == [encoding]


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/x",
        "/static/x/",
        "/static/x/css/",
        "/static/x/nothing.css",
        "/static/x/../settings.py",
        "/static/x/%2e%2e/settings.py",
        "/static/x/..%2fsettings.py",
        "/static/../settings.py",
        "/static/x//etc/passwd",
        "/static/x/%00",
        "/static/x/" + "a" * 5000,
    ],
)
async def test_nothing_else_is_served(site: Site, path: str) -> None:
    stranger = await site.stranger()
    with within(5):
        answer = await stranger.get(path)
    assert answer.status_code == 404


async def test_files_are_only_read(site: Site) -> None:
    stranger = await site.stranger()
    assert (await stranger.post(asset("css/parley.css"))).status_code == 405
