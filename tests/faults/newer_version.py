"""A later version of Parley: its publications have fields that this version does not know.

Run like uvicorn, with the same arguments.
"""

import json
from collections.abc import Sequence
from itertools import count

import uvicorn

from live import broker
from live.publication import Publication, decode, encode

NEWS = json.dumps({"kind": "something new"})
TENTH = 10

numbers = count(1)


def encode_more(publications: Sequence[Publication], limit: int) -> list[str]:
    """Each publication with a field more; and now and then something else altogether."""
    texts = [
        json.dumps([[*fields, "a field more"] for fields in json.loads(text)])
        for text in encode(publications, limit)
    ]
    return texts if next(numbers) % TENTH else [*texts, NEWS]


def decode_more(text: str) -> list[Publication]:
    """What either version says."""
    known = len(json.loads(encode([Publication("")], 1000)[0])[0])
    if text == NEWS:
        return []
    return decode(json.dumps([fields[:known] for fields in json.loads(text)]))


if __name__ == "__main__":
    vars(broker).update(encode=encode_more, decode=decode_more)
    uvicorn.main()
