"""Bar charts as SVG, readable on light and dark paper; the same figures make the same bytes."""

from collections.abc import Sequence
from html import escape

WIDTH = 760
LABEL = 250
VALUE = 80
BAR = 15
STEP = 20
HEAD = 34

STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328}
.title{font-weight:600;font-size:15px}
.case{font-weight:600}
.bar{fill:#8c959f}
.ours{fill:#0969da}
.line{stroke:#d0d7de}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#4493f8}.line{stroke:#30363d}}
"""


def chart(title: str, groups: Sequence[tuple[str, Sequence[tuple[str, float, str, bool]]]]) -> str:
    """Groups of horizontal bars under a title: label, value, its text, and whether it is ours."""
    largest = max((bar[1] for _, bars in groups for bar in bars), default=1) or 1
    room = WIDTH - LABEL - VALUE
    parts, y = [f'<text class="title" x="0" y="18">{escape(title)}</text>'], HEAD
    for case, bars in groups:
        y += STEP
        parts.append(f'<text class="case" x="0" y="{y - 6}">{escape(case)}</text>')
        for label, value, text, is_ours in bars:
            length = max(1.0, room * value / largest)
            kind = "bar ours" if is_ours else "bar"
            middle = y + BAR - 3
            parts += [
                f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>',
                f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}"/>',
                f'<text x="{LABEL + length + 6:.1f}" y="{middle}">{escape(text)}</text>',
            ]
            y += STEP
        y += 6
    parts.append(f'<path class="line" d="M{LABEL} {HEAD}V{y}"/>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6}" role="img">'
    return "\n".join(
        [head, f"<title>{escape(title)}</title><style>{STYLE}</style>", *parts, "</svg>", ""]
    )
