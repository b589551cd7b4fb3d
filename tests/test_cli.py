import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from app.cli import app, applications
from app.errors import UsageError

SAMPLES = Path(__file__).parent.parent / "data_samples" / "statements"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def sheet() -> Path:
    return next(iter(sorted(SAMPLES.glob("*/*Balance Sheet.pdf"))))


def test_spread_prints_one_object_a_file_and_nothing_else_on_stdout(sheet: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"")
    result = run("spread", sheet, broken, "--json", "--rules")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [o["file"] for o in objects] == [str(sheet), str(broken)]
    assert objects[0]["documents"][0]["kind"] == "balance_sheet"
    assert {"concept", "period", "end", "value", "text", "label", "page", "box", "confidence", "auto_accept", "source"} <= set(
        objects[0]["documents"][0]["facts"][0]
    )
    assert objects[1]["pages"][0]["status"] == "quarantined"
    assert "empty" in objects[1]["pages"][0]["reason"]
    assert result.exit_code == 1


def test_spread_ends_with_0_when_every_file_could_be_read(sheet: Path) -> None:
    result = run("spread", sheet, "--json", "--text", "--rules")
    assert result.exit_code == 0
    assert "otal" in json.loads(result.stdout)["pages"][0]["text"]


def test_without_options_spread_prints_a_table(sheet: Path) -> None:
    assert "Total current assets" in run("spread", sheet, "--rules").stdout


def test_spread_writes_a_report_and_a_workbook(sheet: Path, tmp_path: Path) -> None:
    result = run("spread", sheet, "--rules", "--html", tmp_path / "new" / "report.html", "--xlsx", tmp_path / "spread.xlsx")
    assert result.exit_code == 0
    assert "data:image/" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert load_workbook(tmp_path / "spread.xlsx").sheetnames


def test_assess_writes_an_object_with_recommendation_and_findings(sheet: Path, tmp_path: Path) -> None:
    result = run("assess", sheet.parent, "--id", "a-17", "--as-of", "2026-01-31", "--json", tmp_path / "a.json", "--rules")
    assert result.exit_code == 0, result.output
    made = json.loads((tmp_path / "a.json").read_text())
    assert (made["package_id"], made["recommendation"], made["route"]) == ("a-17", "refer", "review")
    assert any(f["theme"] == "complete" for f in made["findings"])
    assert "Refer" in result.output or "refer" in result.output


def test_a_folder_of_applications_is_several_and_a_zip_is_one(tmp_path: Path, sheet: Path) -> None:
    with ZipFile(tmp_path / "loan 12.zip", "w") as archive:
        archive.write(sheet, sheet.name)
    assert [name for name, _ in applications([SAMPLES])] == sorted(p.name for p in SAMPLES.iterdir() if p.is_dir())
    assert [name for name, _ in applications([tmp_path / "loan 12.zip"])] == ["loan 12"]
    assert [name for name, _ in applications([sheet])] == [sheet.parent.name]


def test_a_sample_folder_is_one_application_of_the_files_that_the_borrower_sent(tmp_path: Path) -> None:
    sent = tmp_path / "loan 7" / "files"
    sent.mkdir(parents=True)
    (tmp_path / "loan 7" / "truth.json").write_text("{}", encoding="utf-8")
    assert applications([tmp_path]) == [("loan 7", [sent])]


def test_files_of_one_name_from_two_borrowers_are_told_apart(tmp_path: Path, sheet: Path) -> None:
    for borrower in ("ash", "birch"):
        (tmp_path / borrower / "files").mkdir(parents=True)
        (tmp_path / borrower / "truth.json").write_text("{}", encoding="utf-8")
        (tmp_path / borrower / "files" / "sheet.pdf").write_bytes(sheet.read_bytes())
    result = run("assess", tmp_path, "--rules", "--csv", tmp_path / "out.csv")
    assert result.exit_code == 0
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {"ash", "birch"}
    assert len({line.split(",")[1] for line in lines[1:]}) == 2


def test_an_id_for_several_applications_is_refused() -> None:
    result = run("assess", SAMPLES, "--id", "x", "--rules")
    assert isinstance(result.exception, UsageError)
    assert "--id names one application" in str(result.exception)


def test_an_empty_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    result = run("spread", tmp_path, "--rules")
    assert isinstance(result.exception, UsageError)
    assert "holds no file" in str(result.exception)


def test_a_report_that_cannot_be_written_says_so(sheet: Path) -> None:
    result = run("spread", sheet, "--rules", "--html", "/proc/none/report.html")
    assert isinstance(result.exception, UsageError)
    assert "could not be written" in str(result.exception)


def test_every_command_teaches_its_use() -> None:
    for command in (("spread",), ("assess",), ("evaluate", "extraction"), ("train", "extractor"), ("bench",)):
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert "Usage" in result.output
