"""Parley on one screen: its routes, its middleware and its lifespan.

uvicorn app:app
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route, WebSocketRoute

import settings
from db import engine, migration
from live import broker, metrics
from live.process import garbage, shutdown, single_process
from render.assets import STATIC
from routes import (
    access,
    assets,
    background,
    conversations,
    convertors,
    drafts,
    edits,
    errors,
    form_pages,
    forwards,
    messages,
    operations,
    participants,
    permalinks,
    pins,
    places,
    rate_limit,
    reactions,
    receipts,
    scheduled,
    search,
    sessions,
    stars,
    typing_notifications,
    unsends,
    users,
)
from routes.middleware import (
    body_limit,
    compression,
    database_deadline,
    lazy_lifespan,
    log_format,
    request_log,
    security,
)
from routes.streams import sse, transports

FORM_BYTES = 16 * 1024
MESSAGE_BYTES = 128 * 1024
"""A message of the greatest length, each character of it twelve bytes in a form."""

log_format.configure()
engine.on_commit = metrics.committed


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """The database and the broker are open from the first request to the last."""
    async with AsyncExitStack() as stack:
        if settings.IS_SINGLE_PROCESS:
            stack.enter_context(await single_process.lock(settings.DATABASE_URL))
        if settings.DATABASE_URL.startswith("sqlite"):
            migration.upgrade(settings.DATABASE_URL)
        await engine.connect(
            settings.DATABASE_URL, settings.DATABASE_POOL_SIZE, settings.DATABASE_TIMEOUT
        )
        stack.push_async_callback(engine.disconnect)
        await broker.start(settings.BROKER_URL)
        stack.push_async_callback(broker.stop)
        stack.enter_context(shutdown.announced())
        await stack.enter_async_context(metrics.sampled(broker.is_up, engine.pool_use))
        await stack.enter_async_context(background.background())
        stack.enter_context(garbage.rarely_collected())
        yield


register_url_convertor("id", convertors.IdConvertor())
CHAT = "/chat/{conversation_id:id}/"
MESSAGE = CHAT + "{position:id}/"
SCHEDULED = "/scheduled/{client_id:uuid}/"
LARGER_BODIES = {
    "/chat/[0-9]+/(messages|draft|[0-9]+/edit)/": MESSAGE_BYTES,
    "/scheduled/[0-9a-f-]+/": MESSAGE_BYTES,
}

routes = [
    Route("/", conversations.index),
    Route("/signup/", users.new),
    Route("/signup/", users.create, methods=["POST"]),
    Route("/login/", sessions.new),
    Route("/login/", sessions.create, methods=["POST"]),
    Route("/logout/", sessions.destroy, methods=["POST"]),
    Route("/account/", users.edit),
    Route("/account/name/", users.update_name, methods=["POST"]),
    Route("/account/presence/", users.update_presence, methods=["POST"]),
    Route("/account/forwards/", users.update_forwards, methods=["POST"]),
    Route("/account/receipts/", users.update_receipts, methods=["POST"]),
    Route("/account/keys/", users.update_keys, methods=["POST"]),
    Route("/account/password/", users.update_password, methods=["POST"]),
    Route("/account/sessions/", sessions.destroy_all, methods=["POST"]),
    Route("/account/delete/", users.destroy, methods=["POST"]),
    Route("/people/", users.index),
    Route("/users/{user_id:id}/mine.css", users.mine),
    Route("/search/", search.index),
    Route("/shortcuts/", search.shortcuts),
    Route("/chat/new/", conversations.new),
    Route("/chat/new/", conversations.create, methods=["POST"]),
    Route("/chat/new/suggestions/", conversations.suggestions),
    Route(CHAT, conversations.show),
    Route(CHAT + "log/", conversations.log),
    Route(CHAT + "messages/", messages.create, methods=["POST"]),
    Route(CHAT + "draft/", drafts.show),
    Route(CHAT + "draft/", drafts.create, methods=["POST"]),
    Route(CHAT + "later/", scheduled.new),
    Route("/scheduled/", scheduled.index),
    Route(SCHEDULED, scheduled.edit),
    Route(SCHEDULED, scheduled.update, methods=["POST"]),
    Route(SCHEDULED + "send/", scheduled.send, methods=["POST"]),
    Route(SCHEDULED + "cancel/", scheduled.cancel, methods=["POST"]),
    Route("/scheduled/drafts/", scheduled.discard_draft, methods=["POST"]),
    Route(MESSAGE, permalinks.show),
    Route(MESSAGE + "unread/", permalinks.mark_unread, methods=["POST"]),
    Route(MESSAGE + "edit/", edits.show),
    Route(MESSAGE + "edit/", edits.create, methods=["POST"]),
    Route(MESSAGE + "unsend/", unsends.confirm),
    Route(MESSAGE + "unsend/", unsends.create, methods=["POST"]),
    Route(MESSAGE + "forward/", forwards.show),
    Route(MESSAGE + "forward/", forwards.create, methods=["POST"]),
    Route(CHAT + "pinned/", pins.index),
    Route(MESSAGE + "pin/", pins.create, methods=["POST"]),
    Route("/saved/", stars.index),
    Route(CHAT + "starred.css", stars.marks),
    Route(MESSAGE + "star/", stars.create, methods=["POST"]),
    Route(CHAT + "places/", places.show),
    Route(MESSAGE + "react/", reactions.create, methods=["POST"]),
    Route(CHAT + "typing/", typing_notifications.create, methods=["POST"]),
    Route(CHAT + "read/", participants.update_read, methods=["POST"]),
    Route("/read/", participants.mark_all_read, methods=["POST"]),
    Route("/delivered/", receipts.update, methods=["POST"]),
    Route(CHAT + "people/", participants.index),
    Route(CHAT + "people/remove/", participants.confirm_remove),
    Route(CHAT + "people/remove/", participants.remove, methods=["POST"]),
    Route(CHAT + "leave/", participants.confirm_leave),
    Route(CHAT + "leave/", participants.leave, methods=["POST"]),
    Route("/logout/", form_pages.show_inbox),
    Route("/read/", form_pages.show_inbox),
    Route("/delivered/", form_pages.show_inbox),
    *[
        Route(f"/account/{form}/", form_pages.show_account)
        for form in (
            "name",
            "presence",
            "forwards",
            "receipts",
            "keys",
            "password",
            "sessions",
            "delete",
        )
    ],
    *[
        Route(form, scheduled.show_index)
        for form in (SCHEDULED + "send/", SCHEDULED + "cancel/", "/scheduled/drafts/")
    ],
    Route(CHAT + "messages/", form_pages.show_conversation),
    *[
        Route(f"{MESSAGE}{form}/", form_pages.show_message)
        for form in ("unread", "react", "pin", "star")
    ],
    Route(CHAT + "typing/", form_pages.show_conversation),
    Route(CHAT + "read/", form_pages.show_conversation),
    WebSocketRoute("/ws" + CHAT, transports.socket),
    WebSocketRoute("/ws/inbox/", transports.socket),
    Route("/sse" + CHAT, sse.LongLivedEndpoint(transports.events), methods=["GET"]),
    Route("/sse/inbox/", sse.LongLivedEndpoint(transports.events), methods=["GET"]),
    Route("/poll" + CHAT, transports.poll),
    Route("/poll/inbox/", transports.poll),
    Route("/up", partial(operations.up, broker.is_up)),
    Route("/metrics", operations.show_metrics),
    Mount("/static", assets.Assets(directory=STATIC)),
    WebSocketRoute("/{path:path}", errors.no_socket),
]

exception_handlers: dict[Any, Any] = {
    HTTPException: errors.refused,
    rate_limit.RateLimited: errors.too_many,
    access.SignedOut: errors.signed_out,
    engine.Unavailable: errors.unavailable,
    ClientDisconnect: errors.gone,
    Exception: errors.broken,
}

app = Starlette(
    routes=routes,
    lifespan=lifespan,
    middleware=[
        Middleware(request_log.RequestLog),
        Middleware(lazy_lifespan.LazyLifespan, lifespan=lifespan),
        Middleware(database_deadline.DatabaseDeadline),
        Middleware(security.SecurityHeaders),
        Middleware(body_limit.BodyLimit, usual=FORM_BYTES, larger=LARGER_BODIES),
        Middleware(
            TrustedHostMiddleware,
            allowed_hosts=list(settings.ALLOWED_HOSTS),
            www_redirect=False,
        ),
        Middleware(security.SameOrigin, refuse=errors.refused_unread),
        Middleware(compression.Compression),
    ],
    exception_handlers=exception_handlers,
)
