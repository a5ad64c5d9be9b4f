"""Ids in addresses."""

from starlette.convertors import Convertor


class IdConvertor(Convertor[int]):
    """A number as it is written: no sign, no zero in front, and none that no id can be."""

    regex = "[1-9][0-9]{0,15}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)
