"""Names and tax ids are the same however they are written, and differ where they differ."""

import pytest

from rules.identity import same_name, same_tax_id


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Ortiz-Lund Bakery, Inc.", "ORTIZ LUND BAKERY"),
        ("Kestrel Roofing LLC", "Kestrel Roofing, L.L.C."),
        ("The Harbour Tea Company Ltd", "Harbour Tea Co Limited"),
        ("Ann B. Roe", "Roe, Ann"),
        ("J. Marlowe", "Jane Marlowe"),
        ("Zoë Müller", "Zoe Muller"),
        ("Łucja Brændstrup", "Lucja Braendstrup"),
        ("Maria Luisa Ortega", "Maria Ortega"),
        ("Pine & Birch Joinery", "Pine and Birch Joinery Inc"),
        ("Kestrel Roofing", "Kestre1 Roofing"),
        ("Kestrel Roofing", "Kestrel Rooflng"),
        ("O'Hanlon Motors", "OHanlon Motors"),
        ("J.B. Weaver Supply", "J B Weaver Supply"),
    ],
)
def test_one_name_written_two_ways_is_the_same(a: str, b: str) -> None:
    assert same_name(a, b)
    assert same_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Kestrel Roofing LLC", "Heron Roofing LLC"),
        ("Jane Marlowe", "John Marlowe"),
        ("J. Marlowe", "K. Marlowe"),
        ("Kestrel Roofing LLC", "Kestrel Roofing Realty LLC"),
        ("Ann Roe", "Ann Rowe-Stanton"),
        ("", "Ann Roe"),
        ("Inc.", "LLC"),
        ("Route 66 Diner", "Route 77 Diner"),
    ],
)
def test_different_names_differ(a: str, b: str) -> None:
    assert not same_name(a, b)
    assert not same_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("00-1234567", "001234567"),
        ("00-1234567", "OO-I234567"),
        ("***-**-6789", "900-12-6789"),
        ("SC123456", "sc 123456"),
        ("01234567", "1234567"),
    ],
)
def test_one_tax_id_written_two_ways_is_the_same(a: str, b: str) -> None:
    assert same_tax_id(a, b)
    assert same_tax_id(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("00-1234567", "00-1234576"),
        ("00-1234567", "00-1232567"),
        ("00-1234567", ""),
        ("***-**-6789", "***-**-6781"),
        ("SC123456", "NI123456"),
        ("00-1234567", "00-12345678"),
    ],
)
def test_different_tax_ids_differ(a: str, b: str) -> None:
    assert not same_tax_id(a, b)
    assert not same_tax_id(b, a)


def test_a_digit_that_a_scan_confuses_is_let_pass_on_scans_only() -> None:
    assert not same_tax_id("00-1234568", "00-1234560")
    assert same_tax_id("00-1234568", "00-1234560", scanned=True)
    assert not same_tax_id("00-1234568", "00-1234562", scanned=True)


def test_a_trade_name_is_the_name_too() -> None:
    assert same_name("Kestrel Holdings LLC d/b/a Kestrel Roofing", "Kestrel Roofing")


def test_father_and_son_are_two() -> None:
    assert not same_name("John Marlowe Jr.", "John Marlowe Sr.")
