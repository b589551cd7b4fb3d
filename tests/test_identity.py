"""Names and tax ids across documents: what does not count and what does."""

import pytest

from rules.identity import same_name, same_tax_id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alder Street Optics LLC", "ALDER STREET OPTICS, L.L.C."),
        ("Norrland Rope & Rigging Corporation", "Norrland Rope and Rigging Corp."),
        ("Quiñones, Tomás R.", "TOMAS QUINONES"),
        ("J. Smith", "John Smith"),
        ("John Q. Smith", "John Smith"),
        ("Mary Ann Lee", "Mary A. Lee"),
        ("Smith-Jones Mary", "Mary Smith Jones"),
        ("O'Dowd Electric Limited", "ODowd Electric Ltd"),
        ("Eun-ji Grzybowski", "Eur-ji Grzybowski"),
        ("Lindgren Freight Lines, Inc.", "LINDGREN FREIGHTLINES INC"),
        ("Alder LLC dba Finch Bakery", "Finch Bakery"),
        ("Dr. Ida Harrow", "Ida Harrow"),
        ("Łucja Brændstrup", "Lucja Braendstrup"),
        ("Kestrel Roofing", "Kestre1 Roofing"),
    ],
)
def test_legal_forms_initials_accents_order_and_a_misread_letter_do_not_count(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alder Street Optics LLC", "Alder Optics LLC"),
        ("Norrland Rope LLC", "Norrland Rope Holdings LLC"),
        ("Lakeshore Dental LLC", "Lakeside Dental LLC"),
        ("Store 12 LLC", "Store 13 LLC"),
        ("Mary Lee", "Mark Lee"),
        ("Ida Harrow", "Jonas Harrow"),
        ("J. Smith", "Peter Smith"),
        ("John Smith Jr.", "John Smith Sr."),
        ("Ann Lee", "Ann Leeson"),
        ("Ida Harrow", ""),
    ],
)
def test_another_word_name_or_number_is_another_one(one: str, other: str) -> None:
    assert not same_name(one, other)
    assert not same_name(other, one)


def test_separators_and_masks_of_a_tax_id_do_not_count() -> None:
    assert same_tax_id("12-3456789", "123456789")
    assert same_tax_id("I2-34S6789", "12-3456789")
    assert same_tax_id("***-**-6789", "123-45-6789")
    assert same_tax_id("XX-XXX6789", "12-3456789")
    assert same_tax_id("SC123456", "SC 123456")
    assert same_tax_id("01234567", "1234567")


def test_another_digit_is_another_tax_id_unless_a_scan_may_have_misread_it() -> None:
    assert not same_tax_id("12-3456789", "12-3456189")
    assert not same_tax_id("12-3456789", "12-8456789")
    assert same_tax_id("12-3456789", "12-8456789", scanned=True)
    assert not same_tax_id("12-3456789", "12-3456798", scanned=True)
    assert not same_tax_id("SC123456", "NI123456")
    assert not same_tax_id("***-**-6789", "123-45-6780")
    assert not same_tax_id("", "12-3456789")
