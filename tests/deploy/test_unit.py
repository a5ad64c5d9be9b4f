"""deploy/parley.service and deploy/app.json, as far as they can be checked without their hosts."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.applications import HOME
from tests.deploy import units
from tests.waiting import PATIENCE


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """By systemd's own word where it is installed; its keys are looked at in any case."""
    assert units.values("KillMode") == ["mixed"]
    assert units.values("RuntimeDirectory") == ["parley"]
    unit = tmp_path / "parley.service"
    unit.write_text(units.adapted(units.UNIT.read_text(), "/run/parley"))
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "verify", str(unit)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
        assert done.stderr == ""


def test_every_way_to_serve_starts_bin_web() -> None:
    (command,) = units.values("ExecStart")
    assert command.startswith("/opt/parley/bin/web ")
    assert "\nweb: exec bin/web " in (HOME / "Procfile").read_text()
    assert "exec bin/web " in (HOME / "bin/serve").read_text()


def test_app_json_brings_what_several_processes_need() -> None:
    app = json.loads((HOME / "deploy/app.json").read_text())
    addons = {addon["plan"].partition(":")[0] for addon in app["addons"]}
    assert addons == {"heroku-postgresql", "heroku-redis"}
    assert int(app["env"]["WEB_CONCURRENCY"]["value"]) > 1


def test_app_json_names_no_setting_that_is_none() -> None:
    app = json.loads((HOME / "deploy/app.json").read_text())
    settings = (HOME / "settings.py").read_text()
    for name in app["env"]:
        assert f'"{name}"' in settings
