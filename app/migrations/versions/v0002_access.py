"""Access and the audit trail: what accounts need, sessions, the trail's head, and triggers that refuse changes to the trail."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the columns, tables and triggers."""
    raw: Any = op.get_bind().connection.driver_connection  # it takes many statements at once, and no % for a parameter
    raw.execute((_HERE / "v0002_access.sql").read_text(encoding="utf-8"))
