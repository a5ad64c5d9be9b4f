"""The fields and parameters of a request, as text and numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from actions.errors import Invalid, TooMany
from actions.text import whole

LARGEST_NUMBER = 2**53
URLENCODED = "application/x-www-form-urlencoded"
FIELDS = 256
"""The most fields of a form: each takes a hundred times as long to parse as to send."""


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form; 400 where they cannot be read or are too many."""
    is_urlencoded = request.headers.get("content-type", "").startswith(URLENCODED)
    if is_urlencoded and (await request.body()).count(b"&") >= FIELDS:
        raise HTTPException(400, "This form has too many fields.")
    try:
        fields = await request.form(max_fields=FIELDS, max_files=FIELDS)
    except (LookupError, ValueError):  # such as an unknown character set
        raise HTTPException(400, "This form cannot be read.") from None
    try:
        yield fields
    finally:
        await fields.close()


def text(form: FormData, field: str) -> str:
    """A text field, the last if repeated; empty if missing or a file."""
    return ["", *texts(form, field)][-1]


def texts(form: FormData, field: str) -> list[str]:
    """A field that may be repeated, without lone surrogates."""
    return [whole(value) for value in form.getlist(field) if isinstance(value, str)]


def number(connection: HTTPConnection, parameter: str) -> int | None:
    """A whole number in the query string, None if missing; 400 for anything else."""
    value = connection.query_params.get(parameter)
    return None if value is None or value == "" else integer(value, parameter)


def integer(value: str, name: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 16 or int(value) > LARGEST_NUMBER:
        raise HTTPException(400, f"“{name}” must be a whole number.")
    return int(value)


def switch(form: FormData, field: str) -> bool:
    """A field that is 1 or 0; 400 for anything else."""
    value = text(form, field)
    if value not in ("0", "1"):
        raise HTTPException(400, f"“{field}” must be 1 or 0.")
    return value == "1"


def wants_fragment(request: Request) -> bool:
    """Whether the request comes from htmx, or another client that accepts fragments."""
    return request.headers.get("hx-request") == "true"


def see_other(address: str) -> RedirectResponse:
    """Redirects to a GET: the response to a plain form that succeeded (RFC 9110, 15.4.4)."""
    return RedirectResponse(address, 303)


def refused(response: Response, refusal: Invalid) -> Response:
    """The form again: 422, or 429 with Retry-After where waiting helps."""
    response.status_code = 422
    if isinstance(refusal, TooMany):
        response.status_code = 429
        response.headers["Retry-After"] = str(refusal.wait)
    return response
