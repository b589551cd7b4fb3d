"""What an assessment is made from and by, each by version or hash, so that it can be made again: files, program, settings, libraries."""

import hashlib
import platform
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.domain import Document, Provenance
from app.reading.tesseract import tesseract_version
from app.settings import PROJECT, Settings
from rules import policy

#: The settings that bear on an outcome. Where a model lies does not: its hash stands with its version.
_BEARING = (
    *("ocr_dpi", "max_file_bytes", "max_pages", "max_archive_bytes", "max_archive_entries", "max_page_pixels", "page_seconds"),
    *("reader_memory_bytes", "threads", "reasoner_llama", "reasoner_url", "reasoner_model", "reasoner_seconds"),
)
#: The libraries whose next version may read, compute or reason otherwise.
_LIBRARIES = (
    *("pdfminer.six", "pdfplumber", "pypdfium2", "pillow", "opencv-python-headless", "pytesseract", "rapidocr", "onnxruntime", "numpy"),
    *("scipy", "scikit-learn", "spacy", "tokenizers", "torch", "transformers", "peft"),
)
_SOURCES = ("app", "models", "rules")


def settings_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the settings that bear on an outcome, by name."""
    return tuple((name, str(getattr(settings, name))) for name in _BEARING)


def provenance(files: Sequence[Document], settings: tuple[tuple[str, str], ...]) -> Provenance:
    """Return what is to be recorded of an assessment of `files` that is made here and now."""
    return Provenance(tuple((file.file, file.sha256) for file in files), _program(), settings, _libraries())


@lru_cache(maxsize=1)
def _program() -> tuple[tuple[str, str], ...]:
    return ("loanlens", version("loanlens")), ("code", _hash_of_code()), ("policy", hashlib.sha256(policy.DEFAULT.read_bytes()).hexdigest())


def _hash_of_code() -> str:
    """Return one hash over the modules and rules that assess; policy has its own."""
    whole = hashlib.sha256()
    for path in sorted(p for folder in _SOURCES for ending in ("*.py", "*.yaml") for p in (PROJECT / folder).rglob(ending)):
        if path != policy.DEFAULT:
            whole.update(f"{path.relative_to(PROJECT).as_posix()}\n".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


@lru_cache(maxsize=1)
def _libraries() -> tuple[tuple[str, str], ...]:
    here = (("python", platform.python_version()), ("machine", _machine()), ("tesseract", tesseract_version()))
    return (*here, *((name, _installed(name)) for name in _LIBRARIES))


def _machine() -> str:
    """Return the kind of machine: another processor may round the last digit of a model's answer otherwise."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        told = []
    model = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), platform.processor())
    return " ".join(part for part in (sys.platform, platform.machine(), model) if part)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
