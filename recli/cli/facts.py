"""What a provider needs and can, out of its own declarations, as plain values and as text."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from recli.config.render import placeholder, render_profile
from recli.config.tables import Value
from recli.engine.outcome import Completeness
from recli.model import Direction, Filter, State
from recli.providers import provider_class
from recli.providers.base import Key, Provider
from recli.wire import Rate

_LABEL_CELLS = 10


def facts_of(name: str) -> dict[str, object]:
    """Return what a provider declares, as JSON can hold it."""
    cls = provider_class(name)
    return {
        "name": cls.name,
        "title": cls.title,
        "aliases": list(cls.aliases),
        "docs_url": cls.docs_url,
        "keys": [_key(key) for key in cls.keys()],  # noqa: SIM118  # a method, no dict's
        "filters": {
            "server": _in_order(cls.filters),
            "recli": _in_order(frozenset(Filter) - cls.filters - cls.silent),
            "never": _in_order(cls.silent),
        },
        "directions": [each.value for each in Direction if each in cls.directions],
        "states": [each.value for each in State if each in cls.states],
        "limit": _rate(cls.rate),
        "audio": cls.audio,
        "audio_limit": None if cls.media_rate is None else _rate(cls.media_rate),
        "complete": (Completeness.PROVEN if cls.totals else Completeness.ENDED).value,
        "notes": list(cls.notes),
        "profile": ready_profile(name),
    }


def ready_profile(name: str) -> str:
    """Return a profile to paste into a configuration, with what each key means."""
    return render_profile(name, name, _examples(name))


def row_of(name: str) -> tuple[str, ...]:
    """Return a provider's line in the table of all: name, needs, filters, limit, audio, proof."""
    cls = provider_class(name)
    needs = [f"{key.name}*" if key.secret else key.name for key in cls.keys() if key.required]  # noqa: SIM118  # the same
    names = " or ".join((cls.name, *cls.aliases))
    filters = ", ".join(_in_order(cls.filters)) or "none"
    proof = "proven" if cls.totals else "as told"
    return names, ", ".join(needs), filters, _limit(cls.rate), "yes" if cls.audio else "no", proof


def detail_of(name: str, width: int, place: str) -> str:
    """Return everything about one provider as text; `place` is where its profile would go."""
    cls = provider_class(name)
    also = f", also called {', '.join(cls.aliases)}" if cls.aliases else ""
    parts = [f"{cls.title} ({cls.name}{also})", cls.docs_url, ""]
    for label, text in _lines(cls):
        parts += wrap(
            text,
            max(width, 40),
            initial_indent=f"{label:<{_LABEL_CELLS}}",
            subsequent_indent=" " * _LABEL_CELLS,
            break_long_words=False,
            break_on_hyphens=False,
        )
    parts += ["", f"A profile for {place}:", "", ready_profile(name)]
    return "\n".join(parts)


def _lines(cls: type[Provider]) -> Iterator[tuple[str, str]]:
    server, never = _in_order(cls.filters), _in_order(cls.silent)
    yield "filters", f"by its server: {', '.join(server) or 'none'}; all others by recli"
    if never:
        yield "", f"it never tells, so that nothing can match: {', '.join(never)}"
    if cls.directions != frozenset(Direction):
        yield "", f"directions: {', '.join(each for each in Direction if each in cls.directions)}"
    yield "", f"states: {', '.join(each for each in State if each in cls.states)}"
    yield "limit", _limit(cls.rate)
    if cls.audio and cls.media_rate is not None:
        yield "", f"audio: {_limit(cls.media_rate)}"
    yield "audio", "yes" if cls.audio else "no"
    yield "complete", _PROOF[cls.totals]
    for note in cls.notes:
        yield "note", note


_PROOF: Mapping[bool, str] = {
    True: "proven: it tells how many there are, and recli counts",
    False: "as told: it tells no totals, so that only the end of the listing can be checked",
}


def _key(key: Key) -> dict[str, object]:
    return {
        "name": key.name,
        "about": key.about,
        "secret": key.secret,
        "required": key.required,
        "default": key.default if isinstance(key.default, str | int | float | bool) else None,
        "env": key.env,
    }


def _rate(rate: Rate) -> dict[str, object]:
    return {"requests": rate.requests or None, "per_s": rate.per_s, "parallel": rate.parallel}


def _limit(rate: Rate) -> str:
    at_once = f"{rate.parallel} at a time"
    if not rate.requests:
        return f"none documented; {at_once}"
    per = "second" if rate.per_s == 1 else f"{rate.per_s:g} s"
    return f"{rate.requests} per {per}; {at_once}"


def _in_order(filters: frozenset[Filter]) -> list[str]:
    return [each.value for each in Filter if each in filters]


def _examples(name: str) -> dict[str, Value]:
    return {
        key.name: placeholder(key, name)
        for key in provider_class(name).keys()  # noqa: SIM118  # a method, no dict's
        if key.required or key.example
    }
