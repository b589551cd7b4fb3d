"""Where a person sits: who it is, the stored files, the settings. What is done at a desk takes it as one value."""

from dataclasses import dataclass

from app.blobs.storage import Blobs
from app.domain import User
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at work, with what that needs besides the database."""

    user: User
    blobs: Blobs
    settings: Settings
