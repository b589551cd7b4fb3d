"""What all tests share: where the evaluation set lies, if this machine has it."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--eval-set DIR`."""
    parser.addoption("--eval-set", type=Path, default=None, help="folder with the evaluation filings; tests that need them skip without it")


@pytest.fixture
def eval_set(request: pytest.FixtureRequest) -> Path:
    """Return the folder with the evaluation set, or skip the test."""
    folder = request.config.getoption("--eval-set")
    if not isinstance(folder, Path) or not folder.is_dir():
        pytest.skip("needs the evaluation set: make test EVAL_SET=DIR")
    return folder
