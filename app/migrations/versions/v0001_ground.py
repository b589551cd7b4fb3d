"""The first tables: the queue's, as procrastinate 3.10 has them, and one for each noun that is kept."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Make all tables."""
    raw: Any = op.get_bind().connection.driver_connection  # it takes many statements at once, and no % for a parameter
    for name in ("v0001_queue.sql", "v0001_ground.sql"):
        raw.execute((_HERE / name).read_text(encoding="utf-8"))
