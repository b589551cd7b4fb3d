"""Perplexity, ROUGE and BLEU against values that were published with their definitions."""

import math

import pytest

from training.text_measures import bleu, perplexity, rouge_l, rouge_n, words

# Papineni et al., BLEU, 2002, examples 1 and 2; the score of the first is the one that NLTK's documentation prints
REFERENCES = [
    words("It is a guide to action that ensures that the military will forever heed Party commands"),
    words("It is the guiding principle which guarantees the military forces always being under the command of the Party"),
    words("It is the practical guide for the army always to heed the directions of the party"),
]
GOOD = words("It is a guide to action which ensures that the military always obeys the commands of the party")
BAD = words("It is to insure the troops forever hearing the activity guidebook that party direct")


def test_bleu_is_as_published() -> None:
    assert bleu([(GOOD, REFERENCES)], 1) == pytest.approx(17 / 18)
    assert bleu([(BAD, REFERENCES)], 1) == pytest.approx(8 / 14 * math.exp(1 - 16 / 14))  # 14 words where the nearest has 16
    the = ["the"] * 7
    assert bleu([(the, [words("The cat is on the mat"), words("There is a cat on the mat")])], 1) == pytest.approx(2 / 7)
    assert bleu([(BAD, REFERENCES)]) == 0.0


def test_bleu_of_four_words_together_is_as_nltk_documents_it() -> None:
    assert bleu([(GOOD, REFERENCES)]) == pytest.approx(0.5046, abs=1e-4)


def test_a_text_that_is_too_short_is_penalised() -> None:
    whole = words("one two three four five six seven eight")
    assert bleu([(whole[:6], [whole])]) == pytest.approx(math.exp(1 - 8 / 6))


def test_rouge_is_as_published() -> None:
    reference, near, far = (words(text) for text in ("police killed the gunman", "police kill the gunman", "the gunman kill police"))
    assert rouge_l(near, reference) == pytest.approx(0.75)
    assert rouge_l(far, reference) == pytest.approx(0.5)
    assert rouge_n(near, reference, 2) == rouge_n(far, reference, 2) == pytest.approx(1 / 3)
    assert rouge_n(near, reference, 1) == pytest.approx(0.75)
    assert rouge_l([], reference) == 0.0


def test_perplexity_is_one_where_all_is_certain_and_the_number_of_choices_where_nothing_is() -> None:
    assert perplexity([1.0, 1.0]) == 1
    assert perplexity([0.25] * 9) == pytest.approx(4)
    assert math.isnan(perplexity([]))
