import dataclasses
from concurrent.futures import ThreadPoolExecutor

from recli.archive.archive import ArchiveReader
from recli.model import Query, State

from .conftest import NOW, before, opened, plivo, provider_of, row


def ids(rows):
    return [each.id for each in rows]


def waiting(archive):
    return [each.id for rows in archive.unexported_rows() for each in rows]


def held(folder):
    with ArchiveReader.open(folder) as contents:
        return {each.id: each for rows in contents.rows(Query(now=NOW)) for each in rows}


def test_only_unknown_rows_are_new(folder):
    with opened(folder) as archive:
        first = archive.add(plivo(), [row("a"), row("b")])
        second = archive.add(plivo(), [row("b"), row("c"), row("c")])

    assert ids(first) == ["a", "b"]
    assert ids(second) == ["c"]
    assert set(held(folder)) == {"a", "b", "c"}


def test_ids_that_the_provider_takes_for_one_are_one(folder):
    table = {"base_url": "http://127.0.0.1", "username": "u", "password": "long-one"}
    imagicle = provider_of("imagicle", table, "main")
    with opened(folder) as archive:
        archive.add(imagicle, [row("AB-1", provider="imagicle")])
        again = archive.add(imagicle, [row("ab-1", provider="imagicle")])

    assert again == []
    assert len(held(folder)) == 1


def test_a_row_that_changes_is_updated(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a", state=State.RECORDING, from_number="1")])
        archive.add(plivo(), [row("a", duration_s=9.5, from_number="+39 2")])
        counts = archive.counts(plivo())

    assert held(folder)["a"].duration_s == 9.5
    assert held(folder)["a"].state is State.COMPLETE
    assert counts == (1, 1)
    with ArchiveReader.open(folder) as contents:
        assert list(contents.rows(Query(now=NOW, number="1"))) == []
        assert len(list(contents.rows(Query(now=NOW, number="392")))) == 1


def test_a_counter_of_the_provider_s_own_is_no_change(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a", raw={"days": 1})])
        archive.add(plivo(), [row("a", raw={"days": 2})])
        counts = archive.counts(plivo())

    assert counts == (1, 0)
    assert held(folder)["a"].raw == {"days": 2}


def test_new_rows_wait_until_they_are_given_out_even_over_a_kill(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("old")])
        archive.add(plivo(), [row("a", start=before(2)), row("b")], to_export=True)
    with opened(folder) as archive:  # the run before ended between writing and marking
        archive.add(plivo(), [row("a", start=before(2)), row("c", start=before(1))], to_export=True)
        rows = waiting(archive)
        archive.mark_exported()
        rest = waiting(archive)

    assert rows == ["b", "c", "a"]
    assert rest == []


def test_a_row_that_becomes_final_is_given_out_again(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a", state=State.SAVING)], to_export=True)
        archive.mark_exported()
        archive.add(plivo(), [row("a")], to_export=True)
        rows = waiting(archive)

    assert rows == ["a"]


def test_two_profiles_may_have_the_same_ids(folder):
    other = dataclasses.replace(plivo(), profile="second")
    with opened(folder) as archive:
        archive.add(plivo(), [row("5")])
        new = archive.add(other, [row("5", profile="second")])

    assert ids(new) == ["5"]


def test_the_ids_of_rows_that_an_archive_has_just_so_are_found_from_another_thread(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a", raw={"days": 1}), row("b", state=State.RECORDING)])
        listed = [row("a", raw={"days": 2}), row("b"), row("c")]
        with ThreadPoolExecutor(1) as pool:
            same = pool.submit(archive.unchanged_ids, plivo(), listed).result()

    assert same == {"a"}
