"""Rows out of an archive: those that are new in a run, to a file or to standard output."""

from collections.abc import Callable
from pathlib import Path

from recli.archive.archive import Archive
from recli.cli.options.groups import Fields
from recli.cli.running.files import file_of, writing
from recli.cli.running.rows import output, shape_of
from recli.cli.running.run import Plan
from recli.cli.session import Session
from recli.cli.world import Colour
from recli.output.writer import Format


def delivery(
    session: Session,
    target: Path | None,
    fields: Fields,
    form: Format | None,
    *,
    overwrite: bool,
    colour: Colour,
) -> Callable[[Archive, Plan], None] | None:
    """Check where new rows are to go, and return what brings them there; None: nowhere."""
    if target is None and form is None:
        return None
    if target is not None and str(target) != "-":
        file = file_of(target, fields, form, overwrite=overwrite, keep_partial=False)

        def to_file(archive: Archive, _: Plan) -> None:
            with writing(file) as writer:
                for rows in archive.fresh():
                    writer.write(rows)

        return to_file
    shape = shape_of(session, fields, form, colour, summary=False)
    session.check_out()

    def to_stdout(archive: Archive, plan: Plan) -> None:
        with output(session) as stream:
            names = tuple(profile.name for profile in plan.profiles)
            writer = shape.writer(stream, plan.zone, names)
            for rows in archive.fresh():
                writer.write(rows)
            shape.end(writer, stream)
            stream.flush()

    return to_stdout
