"""The passwords that are guessed first: the commonest 10,000, from zxcvbn's list of leaked ones."""

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

GUESSED_FIRST = 10_000


def is_common(password: str) -> bool:
    return password.casefold() in COMMON


def load() -> frozenset[str]:
    """From the file alone: the package would build dictionaries of 15 MB for each process."""
    package = find_spec("zxcvbn")
    assert package is not None
    spec = PathFinder.find_spec("frequency_lists", package.submodule_search_locations)
    assert spec is not None
    assert spec.loader is not None
    lists = module_from_spec(spec)
    spec.loader.exec_module(lists)
    return frozenset(lists.FREQUENCY_LISTS["passwords"][:GUESSED_FIRST])


COMMON = load()
