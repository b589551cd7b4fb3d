"""Jobs: found by name and time."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0003"
down_revision = "0002"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the index."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0003_jobs.sql").read_text(encoding="utf-8"))
