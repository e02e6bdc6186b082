"""The errors of the Enswitch API: codes inside the body, whatever the HTTP status.

`{"responses": [{"code", "key", "message"}], "data": …}`; a code is text or a number, and
`responses` may be one object instead of an array.

https://integrics.com/enswitch/guides/ (JSON API, introduction)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from recli.errors import Denied, Gone, ProviderError, Refused, Transient
from recli.providers.items import Item
from recli.text import shorten

if TYPE_CHECKING:
    from recli.providers.base import Provider
    from recli.wire import Request, Response

NO_DATA = 204
_GOOD = {200, 201, NO_DATA}


def check_answer(
    provider: Provider, request: Request, response: Response
) -> Mapping[str, object] | None:
    """Return a decoded good answer, None if it has no data, else raise its error."""
    if response.status == NO_DATA:
        return None
    decoded: object = None
    try:
        decoded = provider.decode(response)
    except Transient:
        _raise_for_status(provider, request, response)
        raise
    code = code_of(decoded)
    if code is None or not isinstance(decoded, Mapping):
        _raise_for_status(provider, request, response)
        raise provider.unexpected_response("no responses with a code")
    if code not in _GOOD:
        raise _error(provider, code, provider.error_message(decoded) or "")
    _raise_for_status(provider, request, response)
    if code == NO_DATA:
        return None
    return decoded


def code_of(decoded: object) -> int | None:
    """Return the code of an answer, of several a bad one; None if there is none."""
    first = _response(decoded)
    return Item(first).integer("code") if first is not None else None


def error_text(decoded: object) -> str | None:
    """Return code, key and message of an answer, or None."""
    first = _response(decoded)
    if first is None:
        return None
    item = Item(first)
    return shorten(" ".join(filter(None, map(item.text, ("code", "key", "message")))))


def _response(decoded: object) -> Mapping[str, object] | None:
    found = decoded.get("responses") if isinstance(decoded, Mapping) else None
    found = found if isinstance(found, list) else [found]
    responses = [each for each in found if isinstance(each, Mapping)]
    bad = (each for each in responses if Item(each).integer("code") not in _GOOD)
    return next(bad, responses[0] if responses else None)


def _raise_for_status(provider: Provider, request: Request, response: Response) -> None:
    try:
        provider.raise_for_status(request, response)
    except Transient as error:
        error.timed_out = response.status == 504
        raise


def _error(provider: Provider, code: int, message: str) -> ProviderError:
    name = provider.name
    match code:
        case 401:
            return Refused(name, f"refused the credentials ({message})")
        case 402 | 403:
            hint = 'the user\'s role needs the privilege "record"'
            return Denied(name, f"does not allow this ({message})", hint=hint)
        case 404:
            return Gone(name, f"has nothing there ({message})")
        case 408 | 429:
            return Transient(name, f"asked to slow down ({message})", busy=True)
        case _ if code >= 500:
            return Transient(name, f"failed ({message})", timed_out=code == 504)
        case _:
            return ProviderError(name, f"did not accept the request ({message})")
