"""Queries on rationales that were written anew after people's changes. Each is one lender's."""

from sqlalchemy import Connection, insert, select

from app.domain import Rationale
from app.store.plain import from_plain, to_plain
from app.store.tables_of_reviews import rationales


def add_rationale(connection: Connection, lender_id: str, assessment_id: int, after: tuple[int, int], made: Rationale) -> None:
    """Keep the rationale of an assessment as it stood `after` a correction and an adjustment, by their ids."""
    content = to_plain(Rationale, made)
    row = {"assessment_id": assessment_id, "correction_id": after[0], "adjustment_id": after[1], "content": content}
    connection.execute(insert(rationales).values(lender_id=lender_id, **row))


def rationale(connection: Connection, lender_id: str, assessment_id: int, after: tuple[int, int]) -> Rationale | None:
    """Return the rationale of an assessment as it stands `after` a correction and an adjustment; None where none is written yet."""
    of = rationales.c.lender_id == lender_id, rationales.c.assessment_id == assessment_id
    state = rationales.c.correction_id == after[0], rationales.c.adjustment_id == after[1]
    found = connection.scalar(select(rationales.c.content).where(*of, *state).order_by(rationales.c.id.desc()).limit(1))
    made: Rationale | None = None if found is None else from_plain(Rationale, found)
    return made
