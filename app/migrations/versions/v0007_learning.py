"""The learning loop: every retraining with what came of it, canaries, and how long an assessment took."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0007"
down_revision = "0006"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the tables."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0007_learning.sql").read_text(encoding="utf-8"))
