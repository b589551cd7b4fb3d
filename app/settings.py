"""Deployment settings, read once from the environment (prefix `LOANLENS_`). Credit policy and training settings live elsewhere."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may set. Every limit errs on the safe side; each message that names a limit names its setting."""

    model_config = SettingsConfigDict(env_prefix="LOANLENS_", frozen=True)

    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "loanlens", description="Folder for what can be made again: base weights, exported models."
    )
    extractor_dir: Path = Field(default=PROJECT / "models" / "weights" / "extractor", description="Folder with the extractor in service.")
    page_kind_dir: Path = Field(
        default=PROJECT / "models" / "weights" / "page_kind", description="Folder with the page classifier in service."
    )
    threads: int = Field(default=0, ge=0, description="CPU threads for the models; 0 takes all cores.")
    max_file_bytes: int = Field(default=100_000_000, gt=0, description="Largest file that is read.")
    max_pages: int = Field(default=2_000, gt=0, description="Most pages of one file.")
    max_archive_bytes: int = Field(default=500_000_000, gt=0, description="Most bytes that an archive may unpack to.")
    max_archive_entries: int = Field(default=2_000, gt=0, description="Most entries of an archive.")
    max_page_pixels: int = Field(default=60_000_000, gt=0, description="Most pixels of one page picture.")
    page_seconds: float = Field(default=60.0, gt=0, description="Longest that reading one page may take.")
    reader_memory_bytes: int = Field(default=3_000_000_000, gt=0, description="Memory that the reading process may use.")
    ocr_dpi: int = Field(default=200, ge=72, le=600, description="Resolution at which PDF pages are rendered for OCR.")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
