"""Addresses in what people write are links; all else stays text."""

import time

import pytest
from markupsafe import Markup

from render import links
from tests.pages import attribute, parsed


def found_in(text: str) -> list[tuple[str, str]]:
    """The links in a text that people wrote, with what they show. All else has to be text."""
    page = parsed(f"<p>{links.linked(text)}</p>")
    assert page.p is not None
    assert {tag.name for tag in page.p.find_all(True)} <= {"a", "br"}
    assert page.p.get_text() == text.replace("\r\n", "\n").replace("\r", "\n")
    for link in page.find_all("a"):
        assert set(link.attrs) == {"href", "target", "rel"}
        assert set(link.get("rel") or []) >= {"noopener", "noreferrer", "ugc", "nofollow"}
    return [(attribute(a, "href"), a.get_text()) for a in page.find_all("a")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a?b=c&d=e#f.", ["https://example.org/a?b=c&d=e#f"]),
        ("http://example.org", ["http://example.org"]),
        ("www.example.org", ["http://www.example.org"]),
        ("ada@example.org", ["mailto:ada@example.org"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("https://example.org/ä?ö=ü", ["https://example.org/ä?ö=ü"]),
        ("a https://one.org b https://two.org c", ["https://one.org", "https://two.org"]),
        (
            "https://example.org\nhttps://example.com",
            ["https://example.org", "https://example.com"],
        ),
        ("see example.com, foo.de/x?y: go", ["http://example.com", "http://foo.de/x?y"]),
        ("mailto:ada@example.org", ["mailto:ada@example.org"]),
        ("Https://Example.org", ["Https://Example.org"]),
        ("http://localhost:8000/", ["http://localhost:8000/"]),
        ("http://ada:secret@example.org/", ["http://ada:secret@example.org/"]),
        # brackets
        ("https://e.com/(a(b))", ["https://e.com/(a(b))"]),
        ("(https://e.com/a).", ["https://e.com/a"]),
        ("[x](https://e.com/a)b", ["https://e.com/a"]),
        ("{https://e.com/?q=[1]}", ["https://e.com/?q=[1]"]),
        ("http://[::1]:8000/x", ["http://[::1]:8000/x"]),
        ("see http://[2001:db8::7]!", ["http://[2001:db8::7]"]),
        # scripts without spaces, and their punctuation
        ("https://e.com/foo。つづき", ["https://e.com/foo"]),
        ("「https://e.com/foo」", ["https://e.com/foo"]),
        ("https://e.com/a،b", ["https://e.com/a"]),
        ("日本語https://e.com/", ["https://e.com/"]),
        ("https://e.comです", ["https://e.com"]),
        ("访问example.com查看", ["http://example.com"]),
        ("https://例え.jp/あ", ["https://例え.jp/あ"]),
        ("https://हिन्दी.भारत/", ["https://हिन्दी.भारत/"]),
        ("bücher.de", ["http://bücher.de"]),
    ],
)
def test_addresses_become_links(text: str, found: list[str]) -> None:
    assert [href for href, _ in found_in(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "1 < 2 && 3 > 2",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript://example%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "about:blank",
        "blob:x",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "{{ 7 * 7 }}",
        "&lt;b&gt; &amp;",
        "ftp://x",
        "//x",
        "The end.",
        "Ada: at the end. And: again/",
        "main.py README.md deploy.sh Cargo.rs x.pl a.zip v.mov",
        "done.It done.it So.to here.is",
        "git@github.com:ada/parley.git icon@2x.png @ada@example.social react@18.2.0",
        "com.example.Main self.it user.name",
        "https:// https:/// http://? www. www.x",
        "https://ex\u202eample.org/",
    ],
)
def test_everything_else_stays_text(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'https://example.org/"onmouseover="alert(1)',
        "https://example.org/'onmouseover='alert(1)",
        "https://example.org/<script>alert(1)</script>",
        "https://example.org/></a><script>alert(1)</script>",
        "https://example.org/&quot;onclick=alert(1)",
        'https://example.org/\\"><img src=x onerror=alert(1)>',
        "javascript:https://example.org/",
        "https://javascript:alert(1)@example.org/",
        "data:x,https://example.org",
        "https://ex\u202eample.org/\u2066",
        "http://example.org/`onclick=alert(1)`",
        "mailto:ada@example.org?body=<script>",
        "x@example.org'><script>",
    ],
)
def test_a_hostile_address_is_a_link_to_the_web_or_none(text: str) -> None:
    for href, _ in found_in(text):
        assert href.startswith(("https://", "http://", "mailto:")), href


def test_a_long_address_is_a_link() -> None:
    """Such as a dashboard's."""
    address = "https://grafana.example/d/a?from=" + "a:b,(c:d)," * 700 + "z"
    assert found_in(f"see {address}.") == [(address, address)]


MADE_FOR_IT = [
    *("x", "http://", "a.b", "@", "a@", "(", "https://example.org/(", "www.", "😀", "http://a.b/"),
    *("a.", "a. ", "www.a ", "(a.1", "?\n&)/", "https://a/]", "mailto:a@a.", "https://a@", "://"),
    *("{n}.co ", "{n}@a.de ", "http://{n}.org/ ", "a{n}:b:c:d:e:f:g "),
]


@pytest.mark.parametrize(
    "text", [*MADE_FOR_IT, "https://e.com/" + "(" * 8000, "https://e.de/" + "(" * 400 + " "]
)
def test_no_message_takes_long(text: str) -> None:
    """The budget is 2 ms; the test allows a slow machine three times as much."""
    text = "".join(text.replace("{n}", str(n)) for n in range(8000))[:8000]
    fastest = 1e9
    for _ in range(3):
        begun = time.process_time()
        links.linked(text)
        fastest = min(fastest, time.process_time() - begun)
    assert fastest < 0.006


def test_a_message_has_so_many_links_and_then_text() -> None:
    text = " ".join(f"https://{n}.org" for n in range(links.MOST_LINKS + 10))
    assert len(found_in(text)) == links.MOST_LINKS


def test_what_is_linked_is_safe_once_and_not_twice() -> None:
    assert isinstance(links.linked("<b>"), Markup)
    assert str(links.linked("<b> & 'x'")) == "&lt;b&gt; &amp; &#39;x&#39;"
