"""docs/deploy.md tells PgBouncer, and the role, of all that Parley says when it connects."""

import re

from db.engine import postgres
from tests.applications import HOME


def test_every_parameter_of_a_session_is_in_the_guide() -> None:
    guide = (HOME / "docs/deploy.md").read_text()
    settings = postgres.options(pool_size=1, timeout=2.5)["server_settings"]
    ignored = re.search(r"ignore_startup_parameters = (\S+)", guide)
    assert ignored is not None
    assert set(ignored[1].split(",")) == set(settings)
    role = dict(re.findall(r"ALTER ROLE parley SET (\w+) = '(\w+)';", guide))
    assert {name: value.replace("5s", "5000") for name, value in role.items()} == settings
