"""Ids in paths."""

from starlette.convertors import Convertor


class IdConvertor(Convertor[int]):
    """A positive decimal id of at most 16 digits, without leading zeros."""

    regex = "[1-9][0-9]{0,15}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)
