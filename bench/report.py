"""docs/performance.md: its figures and plots from results, its prose by hand."""

from pathlib import Path

from bench import plot, tables
from bench.results import Results
from bench.subjects import SUBJECTS, Subject

PAGE = Path(__file__).parent.parent / "docs/performance.md"
PLOTS = PAGE.with_suffix("")
BEGIN, END = "<!-- figures: made by bin/bench report -->", "<!-- end of figures -->"


def write(results: Results) -> None:
    """Replaces what stands between the marks of the page, and the plots."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PLOTS.mkdir(exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    PAGE.write_text(f"{before}{BEGIN}\n\n{figures(results)}\n{END}{after}")


def figures(results: Results) -> str:
    """What was measured, on what, and each subject's table with its plot."""
    about = [f"- {name}: {value}" for name, value in results.about.items()]
    parts = ["\n".join(about)]
    for subject in SUBJECTS:
        if table := tables.table(subject, results):
            (PLOTS / f"{subject.name}.svg").write_text(drawn(subject, results))
            parts.append(f"{table}\n\n![{subject.title}](performance/{subject.name}.svg)")
    failed = [
        f"- {r['measure']}, {r['title']}, {r['case']}: {r['failed']}" for r in results.failures()
    ]
    if failed:
        parts.append("\n".join(["### What could not be measured", "", *failed]))
    return "\n\n".join(parts) + "\n"


def text(results: Results) -> str:
    """The same for a terminal."""
    found = (tables.table(subject, results) for subject in SUBJECTS)
    return "\n\n".join(table for table in found if table)


def drawn(subject: Subject, results: Results) -> str:
    records = results.of(subject.measure)
    groups = []
    for case in dict.fromkeys(record["case"] for record in records):
        bars = [
            (r["title"], value := float(r[subject.figure]), tables.cell(value), is_ours(r["stack"]))
            for r in records
            if r["case"] == case
        ]
        groups.append((case, bars))
    return plot.chart(subject.title, groups)


def is_ours(stack: str) -> bool:
    return stack.startswith("parley")
