"""What the PBX is asked about the starts of a page's rows, while the page waits.

A question goes in the place of the page, whose rows it holds; the answer adds to what is known of
the PBX's clock, with which the page is read again: no page is fetched twice.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/search-recording-list.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from recli.paging import next_page
from recli.providers.items import EPOCH, Item, count_of, items_of
from recli.providers.yeastar.times import PbxClock, Probe, with_information

if TYPE_CHECKING:
    from recli.wire import Request, Response

PAGE = 1000
"""Rows to ask for; the largest `page_size` is undocumented, so fewer may come."""
_MARGIN_S, _MINUTE_S = 1, 60
_ZONES_APART = timedelta(hours=27)


@dataclass(frozen=True, slots=True)
class HeldPage:
    """A page that waits for an answer: its request and response, and what is known by now.

    `probe` is the range that is asked about, and the ids that came so far; None where the question
    is what time the PBX has.
    """

    listing: Request
    response: Response
    clock: PbxClock
    probe: Probe | None = None


def clock_question(held: HeldPage, path: str) -> Request:
    """Return the request for the PBX's clock."""
    return replace(held.listing, path=path, params={}, provider_state=held)


def probe_question(held: HeldPage, span: tuple[datetime, datetime]) -> Request:
    """Return the search for the rows in a range of time, a little wider than that.

    Whether the ends are included is not documented, and a displayed time may lack its seconds.
    """
    probe = Probe(*span, frozenset())
    since_s = int((probe.since - EPOCH).total_seconds()) - _MARGIN_S
    until_s = int((probe.until - EPOCH).total_seconds()) + _MARGIN_S + _MINUTE_S
    params = {"page": "1", "page_size": str(PAGE), "sort_by": "time", "order_by": "desc"}
    params |= {"start_time": str(max(since_s, 0)), "end_time": str(max(until_s, 0))}
    return replace(held.listing, params=params, provider_state=replace(held, probe=probe))


def with_clock_answer(held: HeldPage, answer: Mapping[str, object]) -> PbxClock:
    """Return what is known with the PBX's answer about its clock, which may be empty."""
    inner = answer.get("data")
    return with_information(held.clock, inner if isinstance(inner, Mapping) else answer)


def with_probe_answer(
    held: HeldPage, request: Request, answer: Mapping[str, object] | None
) -> PbxClock | Request:
    """Return what is known with an answer to a search, or the request for its next page.

    `answer` is None where the PBX did not accept the search.
    """
    probe = held.probe
    if probe is None or answer is None:
        return replace(held.clock, can_search=False)
    items = [item for item in items_of(answer, "data") or [] if isinstance(item, Mapping)]
    if any(_is_elsewhere(item, held.clock, probe) for item in items):
        return replace(held.clock, can_search=False)
    ids = {Item(item).text("id") for item in items}
    probe = probe._replace(found=probe.found | {each for each in ids if each is not None})
    following = next_page(
        request, len(items), count_of(answer, "total_number"), first=1, size_name="page_size"
    )
    if following is not None:
        return replace(following, provider_state=replace(held, probe=probe))
    return replace(held.clock, probes=(*held.clock.probes, probe))


def _is_elsewhere(item: Mapping[str, object], clock: PbxClock, probe: Probe) -> bool:
    """Return whether a row can't lie in the range: the search does not heed it."""
    shown = clock.displayed(Item(item).text("time") or "")
    if shown is None or isinstance(shown, datetime):
        return False
    middle = (probe.since + (probe.until - probe.since) / 2).replace(tzinfo=None)
    return all(abs(reading - middle) > _ZONES_APART for reading in shown.readings)
