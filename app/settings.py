"""Deployment settings, read once from the environment (prefix `LOANLENS_`). Credit policy and training settings live elsewhere."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
_DATA_DIR = Path("~/.local/share/loanlens")
_ROOTS_DATA_DIR = Path("/var/lib/loanlens")  # the embedded PostgreSQL runs as another account, which cannot enter root's home


class Settings(BaseSettings):
    """What an operator may set. Every limit errs on the safe side; each message that names a limit names its setting."""

    model_config = SettingsConfigDict(env_prefix="LOANLENS_", frozen=True)

    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "loanlens", description="Folder for what can be made again: base weights, exported models."
    )
    data_dir: Path = Field(
        default=_DATA_DIR,
        validate_default=True,
        description=f"Folder for what must be kept: database, uploaded files, keys. For root: `{_ROOTS_DATA_DIR}`.",
    )
    database_url: str = Field(
        default="", description="PostgreSQL 14 or newer, as `postgresql://user:password@host/name`; empty: the embedded one."
    )
    workers: int = Field(default=1, ge=0, le=256, description="Workers that `loanlens up` starts, besides one for people waiting.")
    heartbeat_seconds: float = Field(default=10.0, gt=0, description="Time between two signs of life of a worker.")
    stalled_seconds: float = Field(default=30.0, gt=0, description="Silence after which a worker's jobs are taken over.")
    job_tries: int = Field(default=5, ge=1, description="Tries after which a job or document that fails is set aside, with the reason.")
    stop_seconds: float = Field(default=20.0, gt=0, description="Time that running jobs have to finish when a worker is stopped.")
    extractor_dir: Path = Field(default=PROJECT / "models" / "weights" / "extractor", description="Folder with the extractor in service.")
    threads: int = Field(default=0, ge=0, description="CPU threads for the models; 0 takes all cores.")
    max_file_bytes: int = Field(default=100_000_000, gt=0, description="Largest file that is read.")
    max_pages: int = Field(default=2_000, gt=0, description="Most pages of one file.")
    max_archive_bytes: int = Field(default=500_000_000, gt=0, description="Most bytes that an archive may unpack to.")
    max_archive_entries: int = Field(default=2_000, gt=0, description="Most entries of an archive.")
    max_page_pixels: int = Field(default=60_000_000, gt=0, description="Most pixels of one page picture.")
    page_seconds: float = Field(default=60.0, gt=0, description="Longest that reading one page may take.")
    reader_memory_bytes: int = Field(default=3_000_000_000, gt=0, description="Memory that the reading process may use.")
    ocr_dpi: int = Field(default=200, ge=72, le=600, description="Resolution at which PDF pages are rendered for OCR.")

    @field_validator("data_dir")
    @classmethod
    def _where_it_lies(cls, folder: Path) -> Path:
        return _ROOTS_DATA_DIR if folder == _DATA_DIR and os.name == "posix" and os.geteuid() == 0 else folder.expanduser().absolute()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
