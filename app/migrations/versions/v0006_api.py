"""The API: answers by idempotency key, webhooks and the messages to them."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0006"
down_revision = "0005"
_HERE = Path(__file__).parent


def upgrade() -> None:
    """Add the tables."""
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute((_HERE / "v0006_api.sql").read_text(encoding="utf-8"))
