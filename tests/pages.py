"""What a page shows of the markup that it was sent, as static/js makes it: upserted by id."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol, TypeVar

from bs4 import BeautifulSoup, Tag


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it stands on a page."""

    id: str
    position: int
    revision: int
    author_id: int
    author: str
    body: str
    is_unsent: bool = False
    is_edited: bool = False
    quote: str = ""
    """The position, the name and the text."""
    forwarded: str = ""
    is_pinned: bool = False
    reactions: tuple[tuple[str, int], ...] = ()
    mentions: tuple[tuple[str, str], ...] = ()
    """As they stand in the text, and whose they are."""

    @property
    def rank(self) -> int:
        """Messages ascend by position."""
        return self.position


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation as it stands in the inbox on a page."""

    id: int
    active_at: int
    unread: int
    text: str

    @property
    def rank(self) -> int:
        """The inbox descends by activity."""
        return -self.active_at


class Page:
    """A conversation's page, or the inbox: what stands on it after every frame so far."""

    def __init__(self, html: str = "") -> None:
        self.arrived: Counter[str] = Counter()
        """How often each message's element has come in, whatever became of it."""
        self.upserted: list[int] = []
        """Positions of the messages that came in frames, in the order in which they did."""
        self.typing: set[str] = set()
        self.refused: dict[str, str] = {}
        """The sentence for each client_id that was refused."""
        self.sentences: list[str] = []
        """What else was refused, one after the other."""
        self.marks = 0
        """How many drafts and scheduled messages were acknowledged."""
        self.heartbeats = 0
        self.presence = ""
        self.load(html)

    def load(self, html: str) -> None:
        """The whole page, anew."""
        page = parsed(html)
        self._messages = shown(page)
        self.events = happened(page)
        """The sentences of the event lines, by their positions."""
        self._lines = lines(page)
        self.arrived.update(each.id for each in self._messages)
        self.has_older = page.select_one("#messages .older") is not None
        self.has_newer = page.select_one("#messages .newer") is not None
        live = page.find(True, attrs={"data-cursor": True})
        self.cursor = int(attribute(live, "data-cursor")) if live else None
        self.epoch = attribute(live, "data-epoch") if live else ""
        self.people = attribute(live, "data-people") if live else ""
        inbox = page.find(id="inbox")
        self.digest = attribute(inbox, "data-digest") if inbox else ""
        self.unread = int(attribute(page.title, "data-unread") or 0)
        self.presence = text_of(page.find(id="presence"))
        self.heading = text_of(page.select_one("#heading h1"))
        self.pinned = pinned_in(page)
        self.receipts = receipts(page.find(id="receipts"))
        self.counts = counts(page.find(id="receipts"))
        self.receipts_digest = attribute(live, "data-receipts") if live else ""
        self.outcome = " ".join(text_of(page.find(id="outcome")).split())
        self.error = error(page)
        self.draft = text_of(page.find("textarea", {"name": "body"}))
        self.reader = attribute(page.find("html"), "data-user")
        self.author = attribute(page.find("input", {"name": "author"}), "value")
        self.client_id = attribute(page.find("input", {"name": "client_id"}), "value")

    def messages(self) -> list[Shown]:
        """In the order of the page."""
        return list(self._messages)

    def bodies(self) -> list[str]:
        return [message.body for message in self.messages()]

    def inbox(self) -> list[Line]:
        """In the order of the page."""
        return list(self._lines)

    def apply(self, frame: str) -> None:
        """A frame, as it came over any transport."""
        if not frame:
            self.heartbeats += 1
            return
        fragment = parsed(frame)
        for partial in fragment.find_all("hx-partial"):
            if attribute(partial, "hx-target") == "#receipts":
                self.apply_receipts(partial)
            else:
                self.apply_partial(partial)
        for cursor in fragment.find_all("hx-cursor"):
            self.apply_cursor(cursor)
        self.sentences += [text_of(p) for p in fragment.select("body > p.error")]
        self.marks += len(fragment.find_all(["hx-draft", "hx-scheduled"]))
        for name in fragment.find_all("hx-name"):
            self.rename(int(attribute(name, "user")), attribute(name, "name"))
        for title in fragment.find_all("hx-title"):
            self.unread = int(attribute(title, "unread"))

    def apply_partial(self, partial: Tag) -> None:
        match attribute(partial, "hx-target"), attribute(partial, "hx-swap"):
            case "#messages", "keyed":
                self.upsert(shown(partial))
                self.events |= happened(partial)
            case "#messages", "innerHTML":
                self._messages = []
                self.events = happened(partial)
                self.upsert(shown(partial))
            case "#inbox", "keyed":
                self._lines = reduce(placed, lines(partial), self._lines)
            case "#inbox", "innerMorph":
                self._lines = lines(partial)
            case "#typing", "keyed":
                self.typing |= {attribute(li, "data-author") for li in partial.find_all("li")}
            case "#composer", "outerHTML":
                form = partial.find("form", id="composer")
                self.refused[attribute(form, "data-refused")] = error(partial)
            case target:
                self.apply_to_head(*target, partial)

    def apply_to_head(self, target: str, style: str, partial: Tag) -> None:
        match target, style:
            case "#pinned", "innerMorph":
                self.pinned = pinned_in(partial)
            case "#presence" | "#heading", "outerHTML":
                self.presence = text_of(partial.find(id="presence"))
                self.heading = text_of(partial.find("h1")) or self.heading
            case _:
                raise AssertionError(f"no page knows what to do with {target} {style}")

    def apply_cursor(self, cursor: Tag) -> None:
        if revision := attribute(cursor, "revision"):
            self.cursor = int(revision)
        self.epoch = attribute(cursor, "epoch") or self.epoch
        self.people = attribute(cursor, "people") or self.people
        self.digest = attribute(cursor, "inbox") or self.digest
        if cursor.has_attr("receipts"):
            self.receipts_digest = attribute(cursor, "receipts")

    def apply_receipts(self, partial: Tag) -> None:
        is_whole = attribute(partial, "hx-swap") == "innerMorph"
        self.receipts = receipts(partial) if is_whole else self.receipts | receipts(partial)
        self.counts = counts(partial) if is_whole else self.counts

    def rename(self, user_id: int, name: str) -> None:
        self._messages = [
            replace(each, author=name) if each.author_id == user_id else each
            for each in self._messages
        ]

    def upsert(self, messages: Iterable[Shown]) -> None:
        for message in messages:
            self.arrived[message.id] += 1
            self.upserted.append(message.position)
            self.typing.discard(str(message.author_id))
            held = next((each for each in self._messages if each.id == message.id), None)
            if held is None and self.is_outside(message):
                continue
            if held is None or message.revision >= held.revision:
                self._messages = placed(self._messages, message)

    def is_outside(self, message: Shown) -> bool:
        """Whether it stands in a part of the log that the page does not show."""
        if not self._messages:
            return False
        is_before = self.has_older and message.position < self._messages[0].position
        is_after = self.has_newer and message.position > self._messages[-1].position
        return is_before or is_after


class Item(Protocol):
    @property
    def id(self) -> object: ...

    @property
    def rank(self) -> int: ...


I = TypeVar("I", bound=Item)  # noqa: E741


def placed(items: list[I], fresh: I) -> list[I]:
    """With an item in its place, as static/js/frames.js finds it: from the end, behind the first
    that does not rank higher; and nothing else is moved."""
    others = [item for item in items if item.id != fresh.id]
    place = len(others)
    while place and others[place - 1].rank > fresh.rank:
        place -= 1
    return [*others[:place], fresh, *others[place:]]


def parsed(html: str) -> BeautifulSoup:
    """As a browser would."""
    return BeautifulSoup(html, "html5lib")


def shown(markup: Tag) -> list[Shown]:
    """The messages in a piece of markup; the one in the template for pending ones is none."""
    return [
        Shown(
            id=attribute(li, "id"),
            position=int(attribute(li, "data-position")),
            revision=int(attribute(li, "data-revision")),
            author_id=int(attribute(li, "data-author")),
            author=text_of(li.find(class_="author")),
            body=text_of(li.find(class_="body")),
            is_unsent="unsent" in (li.get("class") or []),
            is_edited=li.select_one(".edited") is not None,
            quote=quote(li),
            forwarded=text_of(li.select_one(".forwarded")),
            is_pinned=li.select_one(".pinned") is not None,
            reactions=tuple(
                (attribute(reaction, "data-emoji"), int(attribute(reaction, "data-count")))
                for reaction in li.select(".reaction")
            ),
            mentions=tuple(
                (text_of(mention), attribute(mention, "data-user"))
                for mention in li.select(".body .mention")
            ),
        )
        for li in markup.find_all("li", class_="message")
        if li.find_parent("template") is None
    ]


def happened(markup: Tag) -> dict[int, str]:
    """The sentences of the event lines in a piece of markup, without their times, by position."""
    return {
        int(attribute(li, "data-position")): " ".join(text_of(li.p).split()[:-2])
        for li in markup.find_all("li", class_="event")
    }


def quote(markup: Tag) -> str:
    """What is quoted in a message, or in the composer."""
    link = markup.select_one(".quote")
    return f"{attribute(link, 'data-position')} {text_of(link)}" if link else ""


def pinned_in(markup: Tag) -> tuple[str, int]:
    """The text that a conversation shows as pinned last, and how many are."""
    links = markup.select('a[href$="/pinned/"]')
    if not links:
        return "", 0
    return text_of(markup.select_one("a.icon-pin bdi")), int(text_of(links[0]).split()[0])


def receipts(markup: Tag | None) -> dict[int, tuple[int, int]]:
    """How far each user has read and holds the conversation."""
    return {
        int(attribute(li, "id").removeprefix("receipt-")): (
            int(attribute(li, "data-position")),
            int(attribute(li, "data-delivered")),
        )
        for li in (markup.select("[data-delivered]") if markup else ())
    }


def counts(markup: Tag | None) -> dict[int, int]:
    """How many have read up to each position, where they are many."""
    li = markup.select_one("#receipt-counts") if markup else None
    pairs = [pair.split(":") for pair in attribute(li, "data-counts").split()] if li else []
    return {int(position): int(people) for position, people in pairs}


def lines(markup: Tag) -> list[Line]:
    return [
        Line(
            id=int(attribute(li, "id").removeprefix("conversation-")),
            active_at=int(attribute(li, "data-active")),
            unread=int(attribute(li, "data-unread")),
            text=" ".join(li.get_text(" ").split()),
        )
        for li in markup.find_all("li", attrs={"data-active": True})
    ]


def error(markup: Tag) -> str:
    """The sentence at the composer."""
    return text_of(markup.find(id="composer-error"))


def errors(html: str) -> dict[str, str]:
    """The sentence at each field of a form's page; those for the whole form under `form`."""
    page = parsed(html)
    found = {
        attribute(p, "id").removesuffix("-error"): text_of(p) for p in page.select("p.error[id]")
    }
    whole = [p for p in page.select(".summary p") if p.find("a") is None]
    return found | ({"form": text_of(whole[0])} if whole else {})


def attribute(tag: Tag | None, name: str) -> str:
    """An attribute's value; empty where there is none."""
    value = "" if tag is None else tag.get(name, "")
    assert isinstance(value, str)
    return value


def text_of(tag: Tag | None) -> str:
    return "" if tag is None else tag.get_text()
