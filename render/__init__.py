"""Pages and fragments from templates. Markup is written nowhere else."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from render import assets, dates, faces, inbox, messages
from render.inbox import Entry
from render.messages import Message


def page(request: HTTPConnection, name: str, status: int = 200, **context: object) -> HTMLResponse:
    """A whole page, never stored by a cache: what it shows is private."""
    session = request.scope.get("session")
    text = templates.get_template(name).render(
        user=session.user if session else None, path=request.url.path, status=status, **context
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def fragment(name: str, **values: object) -> str:
    """A piece of a page as it is sent over the wire, the same for every viewer.

    Without the environment's globals: copying them would take half of the time of a message.
    """
    template = templates.get_template(name)
    return "".join(template.root_render_func(template.new_context(values, shared=True))).strip()


def message_fragment(message: Message, *, is_cursor: bool = False) -> str:
    """A message as it is sent over the wire. As a cursor, it also says that its reader now holds
    everything up to its revision."""
    return fragment("messages/message.fragment.html", **messages.view(message), is_cursor=is_cursor)


def message_element(message: Message) -> Markup:
    """A message inside a page."""
    return Markup(fragment("messages/_message.html", **messages.view(message)))  # noqa: S704


def cursor_fragment(revision: int) -> str:
    """A mark that says: its reader holds everything up to a revision."""
    return fragment("messages/cursor.fragment.html", revision=revision)


def entry_fragment(entry: Entry, unread: int) -> str:
    """A line of an inbox as it is sent over the wire, with how much is unread in all of it."""
    return fragment("conversations/entry.fragment.html", entry=inbox.view(entry), unread=unread)


templates = Environment(
    loader=FileSystemLoader(assets.TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    undefined=StrictUndefined,
)
templates.globals |= {
    "asset": assets.asset,
    "mine": assets.mine,
    "modules": assets.modules,
    "run_of_one_author": messages.RUN_OF_ONE_AUTHOR,
}
templates.filters |= {
    "element": message_element,
    "entry_view": inbox.view,
    "iso": dates.iso,
    "ago_or_day": dates.ago_or_day,
    "tint": faces.tint,
    "initials": faces.initials,
}
