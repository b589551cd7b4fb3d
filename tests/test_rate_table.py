"""`loanlens rate --table`: accounts in, probability, grade and reasons out; what is wrong with a table is told with its line."""

import csv
import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.account_table import read_table
from app.cli import app
from app.domain import FactLine, ModelVersion, Rationale, Reason, Relation, Standing
from app.errors import UsageError
from app.rate_table import rate_table
from app.reasoning import Ask
from app.settings import settings
from models.ensemble import load_ensemble
from models.risk_ratios import ACCOUNTS
from rules import policy
from tests.outcomes import write_outcomes
from training.outcomes import read_outcomes

HEADER = "firm,year,revenue,revenue_prior,net_income,total_assets,total_liabilities,total_current_assets,total_current_liabilities,remark"
SOUND = "Harbour Bakery,2015,1200,1100,90,900,300,500,200,quiet"
WEAK = "Mill & Sons,2015,700,1100,-260,500,720,200,480,late"
NOTHING = "Empty Ltd,2015,,,,,,,,"


def rated(folder: Path, *rows: str, header: str = HEADER, ask: Ask | None = None) -> tuple[list[dict[str, str]], list[str]]:
    table = folder / "in.csv"
    table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    said = rate_table(table, folder / "new" / "out.csv", load_ensemble(settings().ensemble_dir), policy.load(), ask)
    with (folder / "new" / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), said


def test_rows_come_out_in_order_with_probability_grade_and_reasons(tmp_path: Path) -> None:
    (sound, weak), _ = rated(tmp_path, SOUND, WEAK)
    assert (sound["firm"], sound["year"], sound["remark"]) == ("Harbour Bakery", "2015", "quiet")
    assert 0 < float(sound["probability_of_default"]) < float(weak["probability_of_default"]) < 1
    assert int(sound["grade"]) < int(weak["grade"]) <= 7
    assert "instead of" in weak["reasons"]


def test_a_row_without_accounts_stays_without_a_probability_and_is_counted(tmp_path: Path) -> None:
    (_, empty), said = rated(tmp_path, SOUND, NOTHING)
    assert (empty["probability_of_default"], empty["grade"]) == ("", "")
    assert "1 rows hold no usable account" in " ".join(said)
    assert "Passed through: firm, year, remark." in said


def test_zero_revenue_negative_equity_and_absurd_magnitudes_are_rated(tmp_path: Path) -> None:
    rows, said = rated(tmp_path, "a,1,0,0,-5,100,300,20,90,", "b,1,1e18,5,-1e15,7,9e15,1,1,", "c,1,10,9,1,-50,20,10,5,")
    assert all(0 < float(row["probability_of_default"]) < 1 for row in rows)
    assert "Rated 3 of 3 rows; 2 have a ratio beyond" in said[0]


def test_the_same_row_is_rated_the_same_whatever_else_is_in_the_table(tmp_path: Path) -> None:
    alone, _ = rated(tmp_path, WEAK)
    among, _ = rated(tmp_path, SOUND, WEAK, NOTHING)
    assert alone[0]["probability_of_default"] == among[1]["probability_of_default"]


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (HEADER, SOUND.replace("1200", "n.a!"), r"line 2, revenue: 'n\.a!' is no number"),
        (HEADER, SOUND.replace("1200", "inf"), "is no number"),
        (HEADER, SOUND + ",7", "line 2: 11 cells under 10 columns"),
        (HEADER.replace("remark", "revenue"), SOUND, "revenue twice"),
        ("firm;revenue", "a;7", "no column of accounts"),
        ("firm,turnover", "a,7", "no column of accounts"),
        ("firm,revenue,grade", "a,7,1", "has a column grade already"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_place(tmp_path: Path, header: str, row: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rated(tmp_path, row, header=header)


def test_no_csv_and_no_rows_are_refused(tmp_path: Path) -> None:
    picture, bare = tmp_path / "scan.csv", tmp_path / "bare.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    bare.write_text(HEADER + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="is no CSV table"):
        read_table(picture, ACCOUNTS)
    with pytest.raises(UsageError, match="no rows"):
        read_table(bare, ACCOUNTS)
    with pytest.raises(UsageError, match="cannot be read"):
        read_table(tmp_path / "away.csv", ACCOUNTS)


def test_a_gzipped_table_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + HEADER + "\n" + SOUND + "\n").encode()))
    assert read_table(path, ACCOUNTS).accounts["prior_revenue"].tolist() == [1100.0]


def test_the_command_rates_a_table_and_says_what_the_probability_is_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "in.csv"
    table.write_text(f"{HEADER}\n{WEAK}\n", encoding="utf-8")
    app(["rate", "--table", str(table), "--out", str(tmp_path / "out.csv")], standalone_mode=False)
    assert "failure probability of a listed firm within a year" in capsys.readouterr().err
    assert "Mill & Sons" in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_the_command_measures_the_ensemble_in_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = write_outcomes(tmp_path / "outcomes.csv", firms=120)
    app(["evaluate", "risk", "--outcomes", str(outcomes), "--in-service"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "AUC above Altman Z''" in said
    assert "mean probability / observed rate" in said


def test_outcomes_that_are_none_are_refused(tmp_path: Path) -> None:
    for text, said in (
        ("firm,year,revenue\na,2000,1\n", "no column fails_next_year"),
        ("firm,year,fails_next_year,revenue\na,2000,2,1\n", "must be 0 or 1"),
        ("firm,year,fails_next_year,revenue\na,2000.5,1,1\n", "whole number"),
        ("firm,year,fails_next_year,revenue\na,2000,1,1\na,2000,0,1\n", "twice in one year"),
        ("firm,year,fails_next_year,revenue\na,2000,0,1\nb,2000,0,1\n", "same outcome"),
    ):
        path = tmp_path / "outcomes.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=said):
            read_outcomes(path)


# -- the reasoner beside the scorecard -----------------------------------------------------------------------------------


def asking(*answers: Rationale) -> Ask:
    given = iter(answers)

    def ask(facts: Sequence[FactLine]) -> Rationale:  # noqa: ARG001 - of the protocol
        return next(given)

    return ask


def answer(signal: tuple[float, ...]) -> Rationale:
    facts = (FactLine("current_ratio", "current", Standing.POOR),)
    return Rationale(facts, (Reason("current_ratio", Relation.UP, 0.9),), (), signal, ModelVersion("test", "1", ""))


def test_the_reasoners_grade_and_weaknesses_stand_beside_a_probability_that_stays(tmp_path: Path) -> None:
    ask = asking(answer((0.5, 0.5)), answer((0, 0, 0, 0, 0, 0, 1.0)), answer(()))
    plain, _ = rated(tmp_path, SOUND, WEAK, NOTHING)
    reasoned, _ = rated(tmp_path, SOUND, WEAK, NOTHING, ask=ask)
    assert [row["reasoner_grade"] for row in reasoned] == ["1.50", "7.00", ""]
    assert {row["weaknesses"] for row in reasoned} == {"current_ratio"}
    same = [{name: row[name] for name in plain[0]} for row in reasoned]
    assert same == plain or load_ensemble(settings().ensemble_dir).has_signal


def test_a_table_that_holds_the_reasoners_grade_already_is_refused_only_where_it_is_asked(tmp_path: Path) -> None:
    header, row = "firm,revenue,reasoner_grade", "a,7,1"
    assert rated(tmp_path, row, header=header)[0][0]["reasoner_grade"] == "1"
    with pytest.raises(UsageError, match="has a column reasoner_grade already"):
        rated(tmp_path, row, header=header, ask=asking())


def test_rows_without_a_prior_period_are_rated_and_told(tmp_path: Path) -> None:
    (row,), said = rated(tmp_path, "a,700,-260,500,720", header="firm,revenue,net_income,total_assets,total_liabilities")
    assert 0 < float(row["probability_of_default"]) < 1
    assert "1 of 1 rows give no figure of the prior period" in " ".join(said)
    _, said = rated(tmp_path, SOUND, WEAK)
    assert "prior period" not in " ".join(said)


def test_the_share_of_ratios_beyond_the_fit_is_told(tmp_path: Path) -> None:
    _, said = rated(tmp_path, "b,1,1e18,5,-1e15,7,9e15,1,1,")
    assert re.search(r"1 have a ratio beyond what the model was fitted on, of their ratios \d+\.\d%", said[0])
