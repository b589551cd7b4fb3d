"""Decisions: those that wait for a second person are told from those that one person made."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0004"
down_revision = "0003"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the column."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0004_two_people.sql").read_text(encoding="utf-8"))
