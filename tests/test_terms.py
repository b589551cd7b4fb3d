"""Other terms: what is asked for gives the standing outcome, less of it a better coverage, and nothing is stored."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.blobs.storage import open_blobs
from app.review_queue.opened import Review, look_again
from app.review_queue.terms import Terms, answer, asked_terms
from app.settings import Settings
from tests.desk import desk, waiting_task


@pytest.fixture
def review(database: Engine, tmp_path: Path) -> Review:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    task = waiting_task(database, blobs)
    with database.begin() as connection:
        return look_again(connection, desk(blobs), task)


def asked(review: Review) -> Terms:
    found = asked_terms(review)
    assert found is not None
    assert found.amount is not None
    return found


def test_the_terms_asked_for_give_what_stands(review: Review) -> None:
    made = review.now.assessment
    found = answer(review, asked(review), None)
    assert (found.outcome.grade, found.outcome.recommendation) == (made.grade, made.recommendation)
    assert found.ratios["dscr"] == next(each for each in made.ratios if each.id == "dscr" and each.period == "current")


def test_a_smaller_amount_and_more_collateral_better_coverage_and_loan_to_value(review: Review) -> None:
    terms = asked(review)
    base = answer(review, terms, None).ratios
    less = answer(review, replace(terms, amount=(terms.amount or Decimal(0)) / 2), None).ratios
    more = answer(review, replace(terms, collateral_value=(terms.collateral_value or Decimal(0)) * 2), None).ratios
    assert (less["dscr"].value or 0) > (base["dscr"].value or 0)
    assert (more["ltv"].value or 9) == (base["ltv"].value or 0) / 2


def test_a_longer_term_betters_coverage(review: Review) -> None:
    terms = asked(review)
    longer = replace(terms, term_months=(terms.term_months or 0) * 2)
    assert (answer(review, longer, None).ratios["dscr"].value or 0) > (answer(review, terms, None).ratios["dscr"].value or 0)
