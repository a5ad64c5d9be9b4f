"""What is sent smaller than it is."""

import pytest

from tests.applications import Site


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_page_is_compressed_as_the_browser_takes_it(
    site: Site, accepted: str, encoding: str | None
) -> None:
    stranger = await site.stranger()
    plain = await stranger.http.get("/login/", headers={"Accept-Encoding": "identity"})
    response = await stranger.http.get("/login/", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.text == plain.text
    if encoding:
        assert int(response.headers["Content-Length"]) < len(plain.content) / 2


async def test_a_stream_is_sent_as_it_is(site: Site) -> None:
    ada, _ = await site.people("ada", "bob")
    chat = await ada.start("bob")
    async with ada.http.stream("GET", f"/sse/chat/{chat}/") as response:
        assert "Content-Encoding" not in response.headers
