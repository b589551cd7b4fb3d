"""The audit sample: what nobody needed to look at, and a person is to look at all the same."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0005"
down_revision = "0004"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the table."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0005_audit_samples.sql").read_text(encoding="utf-8"))
