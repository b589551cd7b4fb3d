"""Rationales that were written anew after people's corrections."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0008"
down_revision = "0007"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the table."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0008_rationales.sql").read_text(encoding="utf-8"))
