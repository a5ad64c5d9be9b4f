"""Every page and fragment is valid HTML, by the Nu checker."""

import asyncio
import json
import re
from pathlib import Path
from urllib.parse import unquote

import settings
from tests import programs
from tests.browser.catalogue import Catalogue

OWN_ELEMENTS = re.compile(r"</?hx-[a-z]+[^>]*>")

BRIEFLY = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss8m"]
"""For a run of seconds: half the time of Java's own choice."""


def test_nothing_is_missing_from_the_catalogue(catalogue: Catalogue) -> None:
    folder = settings.ROOT / "templates"
    paths = [path.relative_to(folder) for path in folder.glob("*/*.html")]
    whole = {str(path) for path in paths if not path.name.startswith("_")}
    assert whole <= catalogue.templates, whole - catalogue.templates


async def test_the_checker_finds_no_error_and_nothing_to_warn_of(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    for name, markup in catalogue.pages.items():
        (tmp_path / f"{name}.html").write_text(OWN_ELEMENTS.sub("", markup))
    (tmp_path / "wrong.html").write_text("<!doctype html><html lang=en><title>x</title><ul><p>")
    messages = await checked(tmp_path)
    found = {f"{page}: {message}" for page, message in messages if page != "wrong.html"}
    assert not found, "\n".join(sorted(found))
    assert messages, "the checker checks nothing"


async def checked(folder: Path) -> list[tuple[str, str]]:
    """What is wrong with the pages in a folder: which page, and a sentence."""
    checker = await asyncio.create_subprocess_exec(
        programs.java(),
        *BRIEFLY,
        "-jar",
        programs.NU_CHECKER,
        "--format",
        "json",
        "--exit-zero-always",
        "--skip-non-html",
        folder,
        stderr=asyncio.subprocess.PIPE,
    )
    _, report = await checker.communicate()
    return [
        (Path(unquote(message["url"])).name, f"{message['message']} {message.get('extract', '')}")
        for message in json.loads(report)["messages"]
    ]
