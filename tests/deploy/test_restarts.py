"""What people notice of a restart: nothing but a moment."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.applications import Site
from tests.clients import Events, Socket
from tests.deploy.fronts import Nginx, Workers, acquaintances, at
from tests.deploy.trust import trusted
from tests.waiting import within


async def test_a_reload_fails_nobody(site: Site, workers: Workers) -> None:
    """systemctl reload: each worker is replaced, and no send fails meanwhile."""
    ada, bob, id = await acquaintances(site)
    old = set(workers.pids())
    sent: list[str] = []
    async with bob.tab("ws", id, persistent=True) as there:
        assert workers.process is not None
        workers.process.send_signal(signal.SIGHUP)
        while old & set(workers.pids()) or len(workers.pids()) < 2:
            sent.append(f"Message {len(sent) + 1}")
            response = await ada.hx_post(
                f"/chat/{id}/messages/", client_id=client_id(len(sent)), body=sent[-1]
            )
            assert response.status_code == 200, response.text
            await asyncio.sleep(0.05)
        await there.wait_for_bodies(*sent)
    assert len(sent) > 5


@pytest.mark.parametrize(("path", "attempts"), [("/chat/1/messages/", 2), ("/signup/", 1)])
async def test_nginx_tries_again_what_may_be_repeated(
    monkeypatch: pytest.MonkeyPatch, path: str, attempts: int
) -> None:
    """A worker that ends between taking a request and answering it costs no send."""
    requests = []

    async def end_then_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"body=Hello"))
        if len(requests) > 1:
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    with Nginx(Path("upstream")) as nginx:
        upstream = nginx.folder / "upstream"
        server = await asyncio.start_unix_server(end_then_answer, upstream)
        upstream.chmod(0o666)
        await asyncio.to_thread(nginx.start)
        async with server, trusted(nginx, monkeypatch) as site:
            response = await (await site.stranger()).post(path, body="Hello")
    assert len(requests) == attempts
    assert response.status_code == (204 if attempts > 1 else 503)


async def test_sockets_hear_of_an_end_that_takes_no_time(site: Site, workers: Workers) -> None:
    ada, _, id = await acquaintances(site)
    async with at(ada, Socket, id) as here, at(ada, Events, id) as there:
        with within(5):
            ending = asyncio.create_task(asyncio.to_thread(workers.stop))
            assert await here.wait_for_end() == 1012
            assert await there.wait_for_end() == 1012
            await ending
    await asyncio.to_thread(workers.start)


async def test_a_kill_leaves_no_socket_in_the_way(site: Site, workers: Workers) -> None:
    ada, bob, id = await acquaintances(site)
    page = (await ada.get(f"/chat/{id}/")).text
    style = next(part for part in page.split('"') if part.endswith("/css/parley.css"))
    assert (await ada.get(style)).headers["cache-control"] == "max-age=31536000, immutable"
    async with bob.tab("ws", id, persistent=True) as there:
        await asyncio.to_thread(workers.kill)
        assert workers.socket.exists()

        away = await ada.post(f"/chat/{id}/messages/", client_id=client_id(1), body="Hello")
        assert away.status_code == 503
        assert away.headers["retry-after"] == "2"
        assert "Try again in a few seconds" in away.text
        assert (await ada.get(style)).status_code == 200, "nginx keeps no static files"

        await asyncio.to_thread(workers.start)
        back = await ada.post(f"/chat/{id}/messages/", client_id=client_id(1), body="Hello")
        assert back.status_code == 303
        await there.wait_for_bodies("Hello")


def client_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"
