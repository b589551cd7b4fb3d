"""`loanlens` run in this process, on a test's own database and folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from app.cli import app
from app.errors import LoanLensError
from app.settings import settings

Run = Callable[..., Result]


@contextmanager
def commands(database: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[Run]:
    """Yield a function that runs a command for lender `first`; what a user would be told as an error is raised."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    given = {"LOANLENS_DATABASE_URL": url, "LOANLENS_DATA_DIR": str(folder), "LOANLENS_LENDER_ID": "first", **variables}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()

    def call(*words: str, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(words), input=typed, env={"COLUMNS": "250"})
        if isinstance(result.exception, LoanLensError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    yield call
    settings.cache_clear()
