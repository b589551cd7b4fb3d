"""Do names agree as often whoever bears them? Names of many scripts and forms, printed as two documents print one name.

What is measured is what the checks on names stand on (`rules.identity`): how often one name printed in two ways counts as two (a false
finding against the borrower), and how often two names count as one, by script, length, hyphen and diacritics.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.identity import same_name
from training import names
from training.evaluate import wilson

#: Given names and family names; every pair of one row is a name. Invented people: common names of each language.
POOLS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "english": (("James", "Mary", "Robert", "Linda", "Ann"), ("Carter", "Hughes", "Bennett", "Ward", "Li")),
    "hyphenated": (("Mary-Ann", "Jean-Paul", "Anne-Marie", "Lee"), ("Lloyd-Jones", "Garcia-Lopez", "Smith-Barnes", "Al-Amin")),
    "diacritics": (("José", "Zoë", "Łukasz", "Søren", "Renée"), ("Núñez", "Müller", "Šťastný", "Ångström", "Özdemir")),
    "long": (("Venkatanarasimha", "Maximiliana", "Oluwaseunfunmi"), ("Rajuvaripeta", "Papadopoulou-Konstantinidi", "Wolfeschlegelstein")),
    "cyrillic": (("Иван", "Ольга", "Дмитрий"), ("Петров", "Соколова", "Йовович")),
    "greek": (("Γιώργος", "Ελένη", "Νίκος"), ("Παπαδόπουλος", "Γεωργίου", "Λάμπρου")),
    "arabic": (("محمد", "فاطمة", "يوسف"), ("الحسن", "العلي", "منصور")),
    "hebrew": (("דוד", "שרה", "יעקב"), ("כהן", "לוי", "מזרחי")),
    "chinese": (("小明", "丽华", "建国"), ("王", "李", "欧阳")),
    "korean": (("민준", "서연", "지훈"), ("김", "박", "최")),
    "devanagari": (("राहुल", "प्रिया", "अमित"), ("शर्मा", "वर्मा", "गुप्ता")),
}


def _plain(name: str) -> str:
    plain = name.translate(str.maketrans("øØłŁ", "oOlL"))
    return "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each) or ord(each) > 0x36F)


def _turned(name: str) -> str:
    given, _, family = name.partition(" ")
    return f"{family}, {given}"


def _with_initial(name: str) -> str:
    given, _, family = name.partition(" ")
    return f"{given} {given[0]}. {family}"


#: The ways in which a second document prints a name; one that leaves a name as it is does not count for it.
PRINTED: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda name: name + "",
    "in capitals": str.upper,
    "without diacritics": _plain,
    "accents apart": lambda name: unicodedata.normalize("NFD", name),
    "hyphen as blank": lambda name: name.replace("-", " "),
    "hyphen left out": lambda name: name.replace("-", ""),
    "family name first": _turned,
    "with an initial": _with_initial,
    "with a title": lambda name: f"Mr {name}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One pair of names: whose, how the second was printed, whether it is the same name, and whether it counted as the same."""

    name: str
    pool: str
    printed: str
    same: bool
    counted: bool


def ask(seed: int, agree: Callable[[str, str], bool] = same_name) -> Iterator[Asked]:
    """Yield every name beside each of its prints, and beside another of its pool's."""
    rng = random.Random(seed)
    for pool, (given, family) in POOLS.items():
        every = [f"{first} {last}" for first in given for last in family]
        for name in every:
            for how, printed in PRINTED.items():
                if how == "as it is" or printed(name) != name:
                    yield Asked(name, pool, how, True, agree(name, printed(name)))
            first, last = name.split(" ")
            other = rng.choice([each for each in every if first not in each.split(" ") and last not in each.split(" ")])
            yield Asked(name, pool, "another name", False, agree(name, other))


@dataclass(frozen=True, slots=True)
class Rates:
    """A group: how many pairs of the same name, how many of them counted as two, and of how many others some counted as one."""

    group: str
    same: int
    parted: int
    others: int
    merged: int

    def __str__(self) -> str:
        low, high = wilson(self.parted, self.same)
        false = f"{self.parted / max(1, self.same):.3f} [{low:.3f}, {high:.3f}]"
        return f"{self.group:32s} {self.same:5d} pairs  false findings {false}  two names taken for one {self.merged} of {self.others}"


def rates(asked: Sequence[Asked]) -> list[Rates]:
    """Return the rates of every pool, trait and print, in this order."""
    groups: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        for name in (f"1 {each.pool}", *(f"2 {trait}" for trait in names.traits(each.name)), f"3 printed {each.printed}"):
            groups[name].append(each)
    return [_rates(name[2:], its) for name, its in sorted(groups.items())]


def _rates(group: str, its: Sequence[Asked]) -> Rates:
    same, others = [each for each in its if each.same], [each for each in its if not each.same]
    return Rates(group, len(same), sum(not each.counted for each in same), len(others), sum(each.counted for each in others))
