"""The addresses of static files."""

from pathlib import Path

from render.assets import asset, static_build


def test_the_build_of_static_files_changes_with_any_of_them(tmp_path: Path) -> None:
    builds = set()
    static_build.cache_clear()
    for name, text in (("a.css", "x"), ("a.css", "y"), ("b/a.css", "y"), ("b/c.js", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        builds.add(static_build(tmp_path))
        static_build.cache_clear()
    assert len(builds) == 4
    assert asset("css/parley.css") == f"/static/{static_build()}/css/parley.css"
