"""The tables of what follows from people's work on an application, beside that work itself."""

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB

from app.store.columns import needed, now, refers, table

rationales = table(  # written anew, of an assessment as it stood after a correction and an adjustment (0: none)
    "rationales",
    needed("assessment_id", BigInteger),
    needed("correction_id", BigInteger),
    needed("adjustment_id", BigInteger),
    needed("content", JSONB),
    now("created_at"),
    refers("assessment_id", "assessments"),
)
Index(
    "rationales_assessment_idx",
    rationales.c.lender_id,
    rationales.c.assessment_id,
    rationales.c.correction_id,
    rationales.c.adjustment_id,
)
