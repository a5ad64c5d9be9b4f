"""The beginning of a message, where there is little room for it."""

from render import clusters
from render.markdown import unmarked

LENGTH = 120
"""Characters of an excerpt."""

MOST_READ = 10 * LENGTH
"""Characters that are looked at for that: marks are left out."""


def excerpt(body: str) -> str:
    """The beginning of a text, without the marks of its Markdown."""
    return clusters.shortened(unmarked(clusters.beginning(body, MOST_READ)), LENGTH)
