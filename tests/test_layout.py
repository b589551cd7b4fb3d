"""Words by their places -> reading order, lines and amounts. Words are placed as a typewriter would: a character is 0.008 wide."""

from decimal import Decimal

import pytest

from app.domain import Box, Line, Word
from app.reading.layout import lines_of, parse_amount

CHARACTER = 0.008
HEIGHT = 0.012


def row(text: str, top: float = 0.1, x: float = 0.1) -> list[Word]:
    """Return the words of `text`, typed from `x`; runs of spaces make the gaps of a table."""
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append(Word(word, Box(x + at * CHARACTER, top, x + (at + len(word)) * CHARACTER, top + HEIGHT)))
        at += len(word)
    return words


def page(*texts: str) -> tuple[Line, ...]:
    """Return the lines of a page with `texts` typed one below the other."""
    return lines_of(1, [w for i, text in enumerate(texts) for w in row(text, 0.1 + 0.02 * i)])[1]


def split(text: str, *others: str) -> tuple[str, list[str]]:
    """Return label and amounts of a line typed above `others`."""
    line = page(text, *others)[0]
    return line.label, [a.text for a in line.amounts]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", "1234"),
        ("(1,234)", "-1234"),
        ("-1,234", "-1234"),
        ("123-", "-123"),
        ("1,234.56", "1234.56"),
        ("$(15)", "-15"),
        ("($15)", "-15"),
        ("£12", "12"),
        ("(249,517", "-249517"),
        ("249,517)", "-249517"),
        ("0", "0"),
        (".5", "0.5"),
        ("1,234 CR", "1234"),
        ("—", "0"),
        ("–", "0"),
        ("-", "0"),
        ("$—", "0"),
        ("nil", "0"),
    ],
)
def test_an_amount_is_parsed(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "Cash", "1,23", "12,3456", "09164456", "£000", "'000", "12/31/2024", "25%", "1a", "(1)(2)", "30,", "1.2.3", "$", "()"]
)
def test_what_is_no_amount_is_not_parsed(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    ("text", "label", "amounts"),
    [
        ("Cash and cash equivalents      1,234     5,678", "Cash and cash equivalents", ["1,234", "5,678"]),
        ("Net loss         $  (279,696)   $  (268,839)", "Net loss", ["(279,696)", "(268,839)"]),
        ("Creditors         (249,517 )    (260,658 )", "Creditors", ["(249,517)", "(260,658)"]),
        ("Creditors         ( 249,517 )    ( 260,658 )", "Creditors", ["(249,517)", "(260,658)"]),
        ("Dividends            —        (15,000)", "Dividends", ["-", "(15,000)"]),
        ("Trade debtors        4       39,459      33,715", "Trade debtors", ["4", "39,459", "33,715"]),
        ("               12,411      19,563", "", ["12,411", "19,563"]),
        ("Accounts receivable(1)       4,522      (54,517)", "Accounts receivable(1)", ["4,522", "(54,517)"]),
        ("Debt issue costs (2)         4,522      (54,517)", "Debt issue costs (2)", ["4,522", "(54,517)"]),
        ("Interest – net        1,382      1,123", "Interest – net", ["1,382", "1,123"]),
        (
            "Common stock, $0.01 par value; 1,000,000 shares authorized     1,000    1,000",
            "Common stock, $0.01 par value; 1,000,000 shares authorized",
            ["1,000", "1,000"],
        ),
        ("Net sales       $  86,377   100.00 %    $  97,059   100.00 %", "Net sales", ["86,377", "97,059"]),
        ("Cash at bank.....................1,234", "Cash at bank", ["1,234"]),
        ("Cash at bank . . . . . . . . .      1,234", "Cash at bank", ["1,234"]),
        ("Cash at bank    |    1,234   |   5,678   |", "Cash at bank", ["1,234", "5,678"]),
        ("Prepaid expenses       1, 234     5,678", "Prepaid expenses", ["1,234", "5,678"]),
        ("Annual salary: $135,000", "Annual salary:", ["$135,000"]),
        ("Wells Fargo       250,000      Equipment", "Wells Fargo", ["250,000"]),
    ],
)
def test_a_line_is_split_into_label_and_amounts(text: str, label: str, amounts: list[str]) -> None:
    assert split(text) == (label, amounts)


@pytest.mark.parametrize(
    "heading",
    [
        "      2023       2022",
        "Notes       2023      2022",
        "February 2, 2024    February 3, 2023",
        "At 31 December 2021",
        "Year ended 31 March     2024     2023",
    ],
)
def test_dates_of_a_heading_are_no_amounts(heading: str) -> None:
    line = page(heading, "Revenue        1,234      5,678")[0]
    assert not line.amounts
    assert line.label == " ".join(heading.split())


def test_a_bare_line_of_years_is_a_heading_even_where_no_number_has_a_separator() -> None:
    assert [len(line.amounts) for line in page("      2023       2022", "Revenue     123      456")] == [0, 2]


def test_a_number_like_a_year_is_an_amount_where_no_number_has_a_separator() -> None:
    assert split("Stock of spare parts      2010      1999")[1] == ["2010", "1999"]


def test_a_number_followed_by_words_belongs_to_the_label() -> None:
    assert split("For 1,056 and 1,035 shares issued, see note 7 and 14 to the accounts", "Sales      1,000") == (
        "For 1,056 and 1,035 shares issued, see note 7 and 14 to the accounts",
        [],
    )


def test_a_number_close_to_its_label_is_an_amount_where_it_stands_in_a_column() -> None:
    lines = page("Sales                   1,000", "Other                   2,000", "A label as long as can   300")
    assert [a.text for a in lines[2].amounts] == ["300"]


def test_statements_side_by_side_become_two_lines() -> None:
    lines = page("Cash      1,000     900       Accounts payable     500     400")
    assert [(line.label, [a.text for a in line.amounts]) for line in lines] == [
        ("Cash", ["1,000", "900"]),
        ("Accounts payable", ["500", "400"]),
    ]


def test_every_line_is_a_run_of_the_words_and_no_word_is_lost() -> None:
    given = [*row("Second       2,000", 0.3), *row("First      $ 1,000", 0.1), *row("Third ( 3,000 )", 0.5)]
    words, lines = lines_of(7, given)
    assert sorted(w.text for w in words) == sorted(w.text for w in given)
    assert [line.label for line in lines] == ["First", "Second", "Third"]
    assert [(line.span.start, line.span.stop) for line in lines] == [(0, 3), (3, 5), (5, 9)]
    assert {line.span.page for line in lines} == {7}
    first = lines[0].amounts[0]
    assert [w.text for w in words[first.span.start : first.span.stop]] == ["$", "1,000"]
    assert first.box == words[2].box


def test_a_slightly_slanted_line_stays_one_line() -> None:
    words = [
        Word(w.text, Box(w.box.x0, w.box.top + 0.02 * w.box.x0, w.box.x1, w.box.bottom + 0.02 * w.box.x0))
        for w in row("Cash    1,234      5,678       91")
    ]
    assert len(lines_of(1, words)[1]) == 1


def test_a_superscript_does_not_tear_its_line_apart() -> None:
    words = row("Accounts receivable      4,522")
    raised = Word("(1)", Box(words[1].box.x1, 0.098, words[1].box.x1 + 0.012, 0.106))
    assert [line.label for line in lines_of(1, [*words, raised])[1]] == ["Accounts receivable (1)"]


def test_a_number_typed_a_little_too_high_into_a_form_joins_its_own_row() -> None:
    labels = [*row("12 Bad debts", 0.1), *row("13 Rents", 0.118)]
    lines = lines_of(1, [*labels, *row("54,633", 0.1105, 0.8)])[1]
    assert [(line.label, [a.text for a in line.amounts]) for line in lines] == [("12 Bad debts", []), ("13 Rents", ["54,633"])]


def test_a_page_without_words_has_no_lines() -> None:
    assert lines_of(1, []) == ((), ())
