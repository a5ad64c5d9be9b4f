"""What every test may ask for."""

import os
from collections.abc import Generator

import pytest

os.environ["SIGNUPS_PER_HOUR"] = "0"
"""All users of the tests sign up from one address."""

pytest_plugins = ["tests.services", "tests.applications", "tests.competing_writer"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips has failed: what is missing has to be installed, not passed over."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be here: {report.longrepr}"
    return report
