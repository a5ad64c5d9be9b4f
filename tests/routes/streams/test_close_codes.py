"""The table of close codes, and what else has to agree with it."""

import re

import pytest

from routes.streams.close_codes import CloseCode
from routes.streams.limits import FRAME_BYTES
from tests.applications import HOME, web_options

SCRIPTS = "\n".join(path.read_text() for path in sorted((HOME / "static/js").glob("*.js")))
CODES_IN_SCRIPTS = {int(code) for code in re.findall(r"\b(?:10[01]\d|44\d\d)\b", SCRIPTS)}


def test_scripts_know_no_other_codes() -> None:
    assert CODES_IN_SCRIPTS
    assert CODES_IN_SCRIPTS - {1000, 1001} <= set(CloseCode)


@pytest.mark.parametrize("code", [code for code in CloseCode if not code.reconnects])
def test_scripts_know_each_code_after_which_a_page_stays_away(code: CloseCode) -> None:
    assert code in CODES_IN_SCRIPTS


def test_the_server_takes_frames_of_the_same_size() -> None:
    assert web_options()["ws_max_size"] == FRAME_BYTES
