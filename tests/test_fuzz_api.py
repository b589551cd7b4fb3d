"""A short fuzzing of the API by its schema: the long one is `make fuzz-api EXAMPLES=10000`."""

from pathlib import Path

from sqlalchemy import Engine

from tests.fuzz_api import fuzz
from tests.service import service


def test_the_api_keeps_what_its_schema_says(database: Engine, tmp_path: Path) -> None:
    world = service(database, tmp_path, api_wait_seconds=0.1)
    done = fuzz(world, tmp_path, 2, "--phases", "examples,fuzzing", "--no-shrink", "--suppress-health-check", "all")
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "37 selected" in done.stdout
