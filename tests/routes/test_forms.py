"""Text and numbers that come in."""

import pytest
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from routes import forms


def test_a_field_is_text_or_empty() -> None:
    fields = FormData([("a", "1"), ("a", "2"), ("b", UploadFile(None))])  # type: ignore[arg-type]
    assert forms.text(fields, "a") == "2"
    assert forms.text(fields, "b") == ""
    assert forms.text(fields, "c") == ""
    assert forms.texts(fields, "a") == ["1", "2"]
    assert forms.texts(fields, "b") == []


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), (str(2**53), 2**53)])
def test_a_whole_number_is_one(text: str, number: int) -> None:
    assert forms.integer(text, "at") == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", "٣", "²", " 1", str(2**53 + 1)])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(HTTPException) as refusal:
        forms.integer(text, "at")
    assert refusal.value.status_code == 400
    assert refusal.value.detail == "“at” must be a whole number."
