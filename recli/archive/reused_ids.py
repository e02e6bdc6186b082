"""Ids that come back as other calls: a provider that counts anew gives the same ids again.

The row of the earlier call keeps its number, its id and its audio, and gives up its identity, by
which listings find their rows; should the earlier call be listed again, it takes it back.
"""

from collections.abc import Mapping, Sequence

from recli.archive.catalog import Catalog
from recli.archive.rows import FIELD_LIST, FIELDS, Cell
from recli.model import State
from recli.text import plural

COLUMNS = f"{FIELD_LIST}, audio, lost, number, identity"
"""What is read of a row that a listing brings again; these are the places of the last ones."""
AUDIO, LOST, NUMBER = (len(FIELDS) + at for at in range(3))
UNFINISHED_STATES = frozenset({State.RECORDING.value, State.SAVING.value})

_SHOWN_IDS = 5
"""How many ids a warning names."""
_MARK = "\x1f"
"""Comes after the identity that a row gave up, before its number."""
_SECOND_MS, _MINUTE_MS, _HOUR_MS = 1000, 60_000, 3_600_000
_OTHER_ZONE_MS, _ZONE_STEP_MS = 26 * _HOUR_MS, 15 * _MINUTE_MS
"""The clocks of two zones differ by so much at most, and by a multiple of the other."""


def is_another_call(before: Sequence[Cell], now: Sequence[Cell]) -> bool:
    """Return whether two rows with the same id tell of different calls.

    The same call may get other numbers, lengths or a corrected start as it goes on, and its start
    may be read in another time zone; a call with another start and other parties is another one.
    """
    numbers = all(_differs(before, now, name) is True for name in ("from_number", "to_number"))
    is_final = before[FIELDS.index("state")] not in UNFINISHED_STATES
    lengths = [_differs(before, now, name) for name in ("size_bytes", "duration_s")]
    other_length = is_final and any(lengths)
    apart_ms = _apart_ms(before, now)
    if apart_ms < 2 * _SECOND_MS:
        return numbers and other_length
    if numbers or apart_ms > _OTHER_ZONE_MS:
        return True
    is_same_length = False in lengths and not other_length
    is_other_zone = apart_ms % _ZONE_STEP_MS == 0
    return (
        apart_ms >= _MINUTE_MS
        and is_final
        and not is_same_length
        and (other_length or not is_other_zone)
    )


def earlier_row(
    catalog: Catalog, profile: str, identity: str, now: Sequence[Cell]
) -> Sequence[Cell] | None:
    """Return the row of an earlier call that gave up its identity, if `now` tells of that call."""
    rows = catalog.fetch_all(
        f"SELECT {COLUMNS} FROM recordings WHERE profile = ? AND identity > ? AND identity < ?",
        (profile, identity + _MARK, identity + chr(ord(_MARK) + 1)),
    )
    return next((row for row in rows if not is_another_call(row, now)), None)


def give_up_identity(catalog: Catalog, row: Sequence[Cell]) -> bool:
    """Make room for another call with a row's id; return whether the row has its audio.

    If not, it can't be had any more: the provider would give the other call's.
    """
    number = row[NUMBER]
    catalog.execute(
        "UPDATE recordings SET identity = ?, lost = 1 WHERE number = ?",
        (f"{row[-1]}{_MARK}{number}", number),
    )
    return not catalog.execute(
        "UPDATE recordings SET audio = 'gone', audio_error = ?"
        " WHERE number = ? AND audio NOT IN ('stored', 'storing', 'gone')",
        ("the provider gave its id to another call", number),
    )


def take_identity_back(catalog: Catalog, row: Sequence[Cell], identity: str) -> None:
    """Let listings find the row of an earlier call again."""
    catalog.execute(
        "UPDATE recordings SET identity = ?, audio = iif(audio = 'gone', 'wanted', audio)"
        " WHERE number = ?",
        (identity, row[NUMBER]),
    )


def reused_text(profile: str, reused: Mapping[str, bool]) -> str:
    """Return the warning of ids that came back as other calls.

    `reused` says by id whether the earlier call's audio is kept.
    """
    ids = ", ".join([*list(reused)[:_SHOWN_IDS], *(["…"] if len(reused) > _SHOWN_IDS else [])])
    lost = sum(not kept for kept in reused.values())
    return (
        f"{profile}: {plural(len(reused), 'id')} came back as other calls: {ids}; the earlier calls"
        " are kept beside them"
    ) + (f", {lost:,} of them without audio, which can't be had any more" if lost else "")


def _differs(before: Sequence[Cell], now: Sequence[Cell], name: str) -> bool | None:
    """Return whether a field differs; None where it is unknown in one of the rows."""
    index = FIELDS.index(name)
    if before[index] is None or now[index] is None:
        return None
    return before[index] != now[index]


def _apart_ms(before: Sequence[Cell], now: Sequence[Cell]) -> int:
    """Return how far apart two starts are, 0 where one is unknown."""
    index = FIELDS.index("started_at")
    starts = (before[index], now[index])
    if not all(isinstance(start, int) for start in starts):
        return 0
    return abs(int(starts[0] or 0) - int(starts[1] or 0))
