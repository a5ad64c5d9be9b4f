"""Records as Markdown tables, which are plain tables in a terminal too."""

from bench.results import Results
from bench.run import Record
from bench.subjects import SUBJECTS, Subject

PARLEY = ("parley-pg", "parley-sqlite")


def table(subject: Subject, results: Results) -> str:
    """A row for each stack with its figures, then how many times better Parley is; "" for none."""
    records = results.of(subject.measure)
    if not records:
        return ""
    cases = list(dict.fromkeys(record["case"] for record in records))
    titles = {record["stack"]: record["title"] for record in records}
    figures = {(r["stack"], r["case"]): float(r[subject.figure]) for r in records}
    cells = {(r["stack"], r["case"]): described(subject, r) for r in records}
    rows = [["", *cases]]
    for stack, title in titles.items():
        rows.append([title, *(cells.get((stack, case), "") for case in cases)])
    for ours in PARLEY:
        for theirs, title in titles.items():
            if ours in titles and theirs not in PARLEY:
                ratios = [
                    ratio(subject, figures.get((ours, case)), figures.get((theirs, case)))
                    for case in cases
                ]
                if any(ratios):
                    rows.append([f"{titles[ours]} ÷ {title}", *ratios])
    return "\n".join(
        [
            f"### {subject.title}",
            "",
            *aligned(rows),
            *(losses(records) if is_first(subject) else []),
        ]
    )


def described(subject: Subject, record: Record) -> str:
    figure = cell(float(record[subject.figure]))
    if not subject.has_latency:
        return figure
    return f"{figure} ({cell(record['p50_ms'])} / {cell(record['p99_ms'])})"


def cell(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(subject: Subject, ours: float | None, theirs: float | None) -> str:
    """How many times better: above 1 is Parley's advantage, also where less is better."""
    if not ours or not theirs:
        return ""
    times = theirs / ours if subject.less_is_better else ours / theirs
    return f"× {cell(times)}"


def is_first(subject: Subject) -> bool:
    """Whether it is the first that shows its measure, under which the losses are told."""
    return subject == next((s for s in SUBJECTS if s.measure == subject.measure), subject)


def losses(records: list[Record]) -> list[str]:
    """A sentence for each case in which messages did not arrive, came twice, or somebody was cut
    off."""
    lines = []
    for record in records:
        for name, what in (
            ("lost", "deliveries had not arrived at the end"),
            ("unheard", "messages reached nobody: they were not acknowledged"),
            ("repeated", "deliveries came twice"),
            ("ended", "connections were ended by the server"),
            ("refused", "answers were refusals, which are not counted"),
            ("unserved", "visits were not answered as they should be"),
        ):
            if record.get(name):
                lines.append(f"- {record['title']}, {record['case']}: {record[name]:,.0f} {what}.")
    return ["", *lines] if lines else []


def aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    rule = "|" + "|".join(
        "-" * (width + 2) if column == 0 else "-" * (width + 1) + ":"
        for column, width in enumerate(widths)
    )
    return [lines[0], rule + "|", *lines[1:]]
