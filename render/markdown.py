"""The Markdown that messages may have: emphasis, deletion, code, quotes and lists, as CommonMark
has them. All else stays text: HTML, headings, pictures, tables, and links that show other words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from render.links import BREAK, address_at, linked
from render.mentions import MENTION, Names

MOST_MARKS = 200
MOST_LINES = 200
"""With more of either a message is no Markdown: it would take too long."""

DEEPEST = 12
"""Levels of nesting. A text with more of them is no Markdown either."""

BLOCK = r" {0,3}(?:>|[-*+] |\d{1,9}[.)] )"
FIRST_BLOCK = re.compile(BLOCK)
LATER_BLOCK = re.compile(rf"\n{BLOCK}")
MARK = re.compile(r"[*_~`]\S")
MARKS = re.compile(r"[*_~`>]")


def formatted(text: str, mentions: Mapping[str, int] | None = None) -> Markup:
    """The text as markup: with its Markdown, its links, its line breaks, and the usernames that are
    mentioned in it."""
    if (tokens := parsed(text)) is None:
        return linked(text, mentions)
    env = {"mentions": mentions}
    return Markup(PARSER.renderer.render(tokens, PARSER.options, env))  # noqa: S704


def names_in(text: str) -> frozenset[str]:
    """The usernames in a text that may be mentioned: not in code, and not in addresses."""
    names = Names()
    formatted(text, names)
    return frozenset(names.found)


def unmarked(text: str) -> str:
    """The text without the marks of its Markdown; each block begins a line."""
    if (tokens := parsed(text)) is None:
        return text
    return "\n".join(filter(None, map(words, tokens)))


def parsed(text: str) -> Sequence[Token] | None:
    """What a text consists of. A single paragraph stands without its element, as other text does.
    None if it has no marks, and if they would hide some of it.
    """
    if not is_marked(text):
        return None
    tokens = PARSER.parse(text)
    if not any(map(words, tokens)) or any(map(hides, tokens)):
        return None
    return tokens[1:2] if [token.type for token in tokens] == PARAGRAPH else tokens


def is_marked(text: str) -> bool:
    """Quickly, since most texts are not: each pattern begins with what is easily looked for."""
    return (
        bool(
            MARK.search(text)
            or FIRST_BLOCK.match(text)
            or ("\n" in text and LATER_BLOCK.search(text))
        )
        and text.count("\n") < MOST_LINES
        and len(MARKS.findall(text)) <= MOST_MARKS
    )


def hides(token: Token) -> bool:
    """Whether words are lost: what is nested too deeply, and what stands beside the marks of code
    and names no language."""
    return token.level >= DEEPEST or (token.type == "fence" and not LANGUAGE.match(token.info))


def words(token: Token) -> str:
    """What a token shows, without markup."""
    if token.type in BREAKS:
        return "\n"
    if token.children is not None:
        return "".join(map(words, token.children))
    return token.content.rstrip("\n")


class Renderer(RendererHTML):
    """Without the newlines between blocks: in a message each newline shows."""

    def renderToken(self, tokens: Sequence[Token], idx: int, *others: Any) -> str:  # noqa: N802
        return super().renderToken(tokens, idx, *others).strip("\n")

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return linked(tokens[idx].content, env["mentions"])

    def softbreak(self, *_: Any) -> str:
        return BREAK

    def hardbreak(self, *_: Any) -> str:
        return BREAK

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """A block of code; the language after its marks is left out."""
        return f"<pre><code>{escape(tokens[idx].content.rstrip())}</code></pre>"


def address(state: StateInline, silent: bool) -> bool:
    """An address is text, whatever marks are in it. It is found at its colon, where text ends."""
    colon = state.pos
    scheme = SCHEME.search(state.src, max(0, colon - len("https")), colon)
    if scheme is None or state.src[colon] != ":":
        return False
    end = scheme.start() + len(address_at(state.src, scheme.start()))
    return end > colon and take_as_text(state, end, silent)


def literal(state: StateInline, silent: bool) -> bool:
    """Marks within a word are text (2*3*4), and so are those after a backslash, with it."""
    match = LITERAL.match(state.src, state.pos)
    return match is not None and take_as_text(state, match.end(), silent)


def name(state: StateInline, silent: bool) -> bool:
    """A username is text, whatever marks are in it."""
    match = MENTION.match(state.src, state.pos)
    return match is not None and take_as_text(state, match.end(), silent)


def take_as_text(state: StateInline, end: int, silent: bool) -> bool:
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def ends_quote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A quote ends with its last marked line: what stands beneath is the answer."""
    return silent


def ends_item(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """An item of a list ends where a line begins further out."""
    return silent and state.sCount[line] < state.blkIndent


LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{0,20}\s*\Z")
SCHEME = re.compile(r"https?\Z", re.IGNORECASE)
LITERAL = re.compile(r"\\[*_~`]|(?<=[A-Za-z0-9])[*~]+(?=[A-Za-z0-9])")
BREAKS = {"softbreak", "hardbreak"}
PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]
RULES = ["emphasis", "strikethrough", "backticks", "fence", "blockquote", "list", "newline"]
PARSER = MarkdownIt("zero", {"maxNesting": DEEPEST}, renderer_cls=Renderer).enable(RULES)
PARSER.inline.ruler.before("text", "address", address)
PARSER.inline.ruler.before("text", "literal", literal)
PARSER.inline.ruler.before("text", "name", name)
PARSER.block.ruler.before("blockquote", "quote_end", ends_quote, {"alt": ["blockquote"]})
PARSER.block.ruler.before("list", "item_end", ends_item, {"alt": ["paragraph"]})
