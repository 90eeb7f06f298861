"""How well does the splitter find the parts of compounds, and how fast?

    python benchmarks/compounds.py PATH          # measures
    python benchmarks/compounds.py PATH --fit    # fits the weights of parts.py and prints them

PATH holds ``compounds_gold.tsv`` (columns word, split) and ``simplex_candidates.tsv`` (one word a
line). Each is halved by a seeded shuffle: the weights are fitted on one half, "held out" is the other.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from indexer.language import Analyser, analyser, forms, parts
from indexer.language import dictionary as dictionaries
from indexer.language.compounds import Splitter
from indexer.language.dictionary import Dictionary

SEED = 20141120
TABLES: dict[str, dict[str, float]] = {"LEAD": parts.LEAD, "HEAD": parts.HEAD, "WHOLE": parts.WHOLE}
Case = tuple[str, int]  # word, cut; 0: not a compound


def read(path: Path) -> tuple[list[Case], list[Case]]:
    """(fitting half, held-out half)"""
    with (path / "compounds_gold.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    gold = [(r["word"], r["split"].index("|")) for r in rows]
    simple = [(w, 0) for w in (path / "simplex_candidates.tsv").read_text("utf-8").split()]
    fitting: list[Case] = []
    held: list[Case] = []
    for cases in (gold, simple):
        random.Random(SEED).shuffle(cases)
        fitting += cases[::2]
        held += cases[1::2]
    return fitting, held


def inflected(words: Dictionary, cases: list[Case]) -> Iterator[Case]:
    """One inflected form of every case that has any, chosen by the seed."""
    rng = random.Random(SEED)
    for word, cut in cases:
        found = {f for f, _, _ in words.forms(word) if f[:cut] == word[:cut] and len(f) > cut + 1}
        if found:
            yield rng.choice(sorted(found)), cut


def report(name: str, splitter: Splitter, cases: list[Case], errors: int = 0) -> None:
    exact = right = false = simple = 0
    wrong = []
    for word, cut in cases:
        parts = splitter.split(word)
        found = len(parts[0]) if parts else 0
        if cut:
            right += 1
            exact += found == cut
        else:
            simple += 1
            false += found != 0
        if found != cut:
            wrong.append((word[:cut] + "|" + word[cut:] if cut else word, "|".join(parts)))
    print(
        f"{name:24}{right:6} compounds {exact / max(right, 1):7.2%} exact"
        f"{simple:7} simple words {false / max(simple, 1):6.2%} split"
    )
    random.Random(SEED).shuffle(wrong)
    for expected, found_parts in wrong[:errors]:
        print(f"    {expected:30} {found_parts or '-'}")


def fit(words: Dictionary, cases: list[Case], steps: int = 500, decay: float = 2e-4) -> None:
    """Prints the weights of the conditional logit over cuts and "no cut" (Adam, L2)."""
    names = [("BIAS", ""), *((t, f) for t, table in TABLES.items() for f in table if f != "compound")]
    column = {name: i for i, name in enumerate(names)}
    lemmas = words.lemmas()
    rows: list[np.ndarray] = []
    owner: list[int] = []
    chosen: list[bool] = []
    for number, (word, cut) in enumerate(cases):
        found = list(candidates(words, lemmas, word))
        if cut and cut not in [i for i, _ in found]:
            continue
        for i, facts in [(0, {}), *found]:
            row = np.zeros(len(names))
            for name, value in facts.items():
                row[column[name]] = value
            rows.append(row)
            owner.append(number)
            chosen.append(i == cut)
    x = np.array(rows)
    y = np.array(chosen, float)
    _, group = np.unique(owner, return_inverse=True)
    weights = np.zeros(len(names))
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        scores = x @ weights
        top = np.full(group[-1] + 1, -np.inf)
        np.maximum.at(top, group, scores)
        e = np.exp(scores - top[group])
        p = e / np.bincount(group, e)[group]
        gradient = x.T @ (p - y) / (group[-1] + 1) + decay * weights
        mean = 0.9 * mean + 0.1 * gradient
        spread = 0.999 * spread + 0.001 * gradient**2
        weights -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    for (table, feature), weight in zip(names, weights, strict=True):
        print(f"{table:6} {feature:20} {weight:6.2f}")


def candidates(
    words: Dictionary, lemmas: Mapping[str, str], word: str
) -> Iterator[tuple[int, dict[tuple[str, str], float]]]:
    """(cut, the value of every weight) for every cut that may be one."""
    own = 1 if dictionaries.is_word(words.flags.get(word)) else 0
    whole = parts.whole_facts(words, word, lemmas.get(word)) | parts.spelling_facts(word)
    for cut in range(2, len(word) - 1):
        lead = parts.lead_facts(words, word[:cut])
        head = parts.head_facts(words, word[cut:], lemmas.get(word[cut:]))
        if lead is None or head is None:
            continue
        found = {("BIAS", ""): 1.0}
        for table, facts, less in (("LEAD", lead, own), ("HEAD", head, own), ("WHOLE", whole, 0)):
            for name, value in facts.items():
                found[table, name] = math.log1p(max(value - less, 0)) if name == "family" else value
        yield cut, found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("path", type=Path)
    options.add_argument("--fit", action="store_true")
    options.add_argument("--errors", type=int, default=0, help="show so many errors of the held-out half")
    chosen = options.parse_args()
    words = dictionaries.read()
    fitting, held = read(chosen.path)
    if chosen.fit:
        fit(words, fitting + list(inflected(words, fitting)))
        return
    started = time.perf_counter()
    splitter = Splitter(forms.swedish())
    print(f"forms opened in {time.perf_counter() - started:.3f} s")
    report("fitting half", splitter, fitting)
    report("held out", splitter, held, chosen.errors)
    report("held out, inflected", splitter, list(inflected(words, held)), chosen.errors)
    report("all", splitter, fitting + held)
    speed([w for w, _ in fitting + held])


def speed(words: list[str]) -> None:
    for state, rounds in (("one by one, cold", 1), ("warm", 20)):
        analyse = analyser("sv").word
        started = time.perf_counter()
        for _ in range(rounds):
            for word in words:
                analyse(word)
        print(f"{len(words) * rounds / (time.perf_counter() - started):12,.0f} words/s analysed, {state}")
    fresh = Analyser("sv")
    started = time.perf_counter()
    fresh.learn(words)
    print(f"{len(words) / (time.perf_counter() - started):12,.0f} words/s analysed, all at once, cold")


if __name__ == "__main__":
    main()
