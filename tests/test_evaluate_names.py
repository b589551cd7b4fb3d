"""One name printed in two ways counts as one, whatever its script, length, hyphens and diacritics; two names count as two."""

import pytest

from rules.identity import same_name
from training.evaluate_names import POOLS, ask, rates


def test_no_group_has_more_false_findings_than_another() -> None:
    said = {each.group: each for each in rates(list(ask(5)))}
    assert {pool: said[pool].parted for pool in POOLS} == dict.fromkeys(POOLS, 0)
    assert sum(said[pool].merged for pool in POOLS) == 0


def test_a_rule_that_knows_plain_letters_alone_is_found_out() -> None:
    said = {each.group: each for each in rates(list(ask(5, lambda a, b: a.isascii() and same_name(a, b))))}
    assert said["english"].parted == 0
    assert said["in cyrillic script"].parted == said["in cyrillic script"].same > 0
    assert said["with diacritics"].parted > 0
    assert "false findings 1.000" in str(said["greek"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Иван Петров", "ПЕТРОВ, Иван", True),
        ("Иван Петров", "Иван Соколов", False),
        ("王 小明", "王小明", True),
        ("王小明", "王小华", False),
        ("محمد الحسن", "محمد منصور", False),
        ("김 민준", "김민준", True),
    ],
)
def test_names_in_other_scripts_are_compared_as_latin_ones_are(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
