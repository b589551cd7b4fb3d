"""The request and the other documents as the HTML report shows them."""

from dataclasses import replace
from datetime import date, timedelta

from app.domain import Facility, Page
from app.report.html import render_html
from app.report.request import request
from tests import build


def _no_picture(_: Page) -> bytes:
    return b""


def test_a_request_says_who_asks_for_what() -> None:
    said = dict(request(build.application()))
    assert said["Borrower"] == "Fernhill Bakery Inc. · Corporation · 00-1112223"
    assert said["Owners"] == "Ida Fernhill 100 %"
    assert said["Asks for"] == "40,000 over 60 months at 8.5 %"
    assert said["Collateral"] == "Equipment worth 70,000"


def test_what_the_package_does_not_say_is_left_out() -> None:
    silent = replace(build.application(), facility=Facility(None, None, None, None, None, None))
    assert set(dict(request(silent))) == {"Borrower", "In business", "Owners"}
    assert request(None) == ()


def test_every_field_of_a_form_stands_in_the_report_with_a_box() -> None:
    form = build.FORMS["application"]
    shown = render_html([replace(build.assessment(), forms=(form,), application=build.application())], _no_picture)
    for field in form.fields:
        assert field.text in shown
    assert "Ida Fernhill" in shown


def test_a_long_bank_statement_says_how_many_transactions_it_leaves_out() -> None:
    lines = [build.line(date(2024, 1, 1) + timedelta(days=n % 31), f"CARD {n}", "-1.00") for n in range(450)]
    form = replace(build.bank_month(1, "1000.00", "5000.00", "3000.00"), transactions=tuple(lines))
    shown = render_html([replace(build.assessment(), forms=(form,))], _no_picture)
    assert "CARD 399" in shown
    assert "CARD 400" not in shown
    assert "50 more" in shown


def test_hostile_names_stay_text() -> None:
    asked = build.application()
    hostile = replace(asked, borrower=replace(asked.borrower, name="<script>alert(1)</script>"))
    shown = render_html([replace(build.assessment(), application=hostile)], _no_picture)
    assert "<script>alert(1)" not in shown
