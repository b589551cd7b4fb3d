import pytest

from rules.headings import currency_of, is_uk, mentions, months_covered, scale_of
from tests import paper


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("(In millions, except par value)", 1_000_000),
        ("(in thousands, except share and per share data)", 1_000),
        ("Dollars in millions", 1_000_000),
        ("(Expressed in thousands of U.S. dollars)", 1_000),
        ("(MILLIONS)", 1_000_000),
        ("£'000 £'000", 1_000),
        ("£000", 1_000),
        ("£m £m", 1_000_000),
        ("(000s omitted)", 1_000),
        ("Balance sheet as at 31 March 2021", 1),
        ("(In milfions)", 1_000_000),
        ("(Dollars in thousanes, except per share data)", 1_000),
        ("In addition we own a mill", 1),
        ("We employ thousands of people", 1),
        ("(Ootars in mitons, except per share data)", 1_000_000),
        ("Statement of cash flows\n(Dofars #) mitions)", 1_000_000),
        ("in mittons 2023 2022 2021", 1_000_000),
        ("(in billions)", 1),
        ("in additions and pensions", 1),
        ("(loss) from options and provisions", 1),
    ],
)
def test_the_scale_is_what_the_head_declares(text: str, scale: int) -> None:
    assert scale_of(text) == scale


def test_the_first_declaration_of_a_scale_counts() -> None:
    assert scale_of("(In millions, except number of shares, which are in thousands)") == 1_000_000


@pytest.mark.parametrize(
    ("text", "year", "month", "day"),
    [
        ("December 31, 2023", 2023, 12, 31),
        ("31 December 2023", 2023, 12, 31),
        ("31st March 2021", 2021, 3, 31),
        ("Dec 31, 24", 2024, 12, 31),
        ("12/31/2024", 2024, 12, 31),
        ("2024-06-30", 2024, 6, 30),
        ("Sept. 28, 2024", 2024, 9, 28),
        ("FY2022", 2022, None, None),
        ("June 30,", None, 6, 30),
    ],
)
def test_a_date_is_read_in_every_common_form(text: str, year: int | None, month: int | None, day: int | None) -> None:
    page = paper.page([(text,)])
    [found] = mentions(page, list(enumerate(page.lines)), uk=False)
    assert (found.year, found.month, found.day) == (year, month, day)


def test_the_same_figures_are_a_date_of_the_month_first_or_of_the_day_first() -> None:
    page = paper.page([("3/4/2020",)])
    [american] = mentions(page, list(enumerate(page.lines)), uk=False)
    [british] = mentions(page, list(enumerate(page.lines)), uk=True)
    assert ((american.month, american.day), (british.month, british.day)) == ((3, 4), (4, 3))


def test_a_number_with_a_year_in_it_is_no_date() -> None:
    page = paper.page([("Note 2,019 of 12,023 items",)])
    assert mentions(page, list(enumerate(page.lines)), uk=False) == []


def test_durations_are_read_in_months() -> None:
    assert months_covered("Three Months Ended June 30, Six Months Ended June 30,") == [3, 6]
    assert months_covered("For the year ended 31 March 2020") == [12]
    assert months_covered("Thirty-nine weeks ended") == [9]
    assert months_covered("As of December 31") == []


def test_the_currency_is_the_mark_printed_most() -> None:
    assert currency_of("$ 12 $ 14 £ 3") == "USD"
    assert currency_of("Notes £ £") == "GBP"
    assert currency_of("12 14") is None


def test_uk_accounts_are_known_by_their_words() -> None:
    assert is_uk("Creditors: amounts falling due within one year")
    assert not is_uk("Total stockholders' equity")
