"""What every test may ask for."""

from collections.abc import Generator

import pytest

pytest_plugins = ["tests.services", "tests.applications", "tests.competing_writer"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips has failed: what is missing has to be installed, not passed over."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be here: {report.longrepr}"
    return report
