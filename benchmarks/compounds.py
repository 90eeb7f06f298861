"""How well does the splitter find the parts of compounds, and how fast?

    python benchmarks/compounds.py PATH          # measures
    python benchmarks/compounds.py PATH --fit    # fits the weights of compounds.py and prints them

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

from indexer.language import analyser, compounds, lexicon
from indexer.language.lexicon import Lexicon

SEED = 20141120
TABLES: dict[str, dict[str, float]] = {
    "LEAD": compounds.LEAD,
    "HEAD": compounds.HEAD,
    "WHOLE": compounds.WHOLE,
}
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


def inflected(words: Lexicon, cases: list[Case]) -> Iterator[Case]:
    """One inflected form of every case that has any, chosen by the seed."""
    rng = random.Random(SEED)
    for word, cut in cases:
        forms = [f for f in words.forms(word) if f[:cut] == word[:cut] and len(f) > cut + 1]
        if forms:
            yield rng.choice(sorted(forms)), cut


def report(name: str, splitter: compounds.Splitter, cases: list[Case], errors: int = 0) -> None:
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


def fit(words: Lexicon, cases: list[Case], steps: int = 500, decay: float = 2e-4) -> None:
    """Prints the weights of the conditional logit over cuts and "no cut" (Adam, L2)."""
    names = [("BIAS", ""), *((t, f) for t, table in TABLES.items() for f in table if f != "compound")]
    column = {name: i for i, name in enumerate(names)}
    rows: list[np.ndarray] = []
    owner: list[int] = []
    chosen: list[bool] = []
    for number, (word, cut) in enumerate(cases):
        found = list(candidates(words, word))
        if cut and cut not in [i for i, _ in found]:
            continue
        for i, features in [(0, {}), *found]:
            row = np.zeros(len(names))
            for table, values in features.items():
                for feature, value in values.items():
                    row[column[table, feature]] = value
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
        print(f"{table:6} {feature or '':20} {weight:6.2f}")
        if table in TABLES:
            TABLES[table][feature] = round(float(weight), 2)
    compounds.BIAS = round(float(weights[0]), 2)


def candidates(words: Lexicon, word: str) -> Iterator[tuple[int, dict[str, Mapping[str, float]]]]:
    own = 1 if lexicon.is_word(words.flags(word)) else 0
    whole = compounds.whole_features(words, word)
    for cut in range(2, len(word) - 1):
        lead = compounds.lead_features(words, word[:cut])
        if lead is None:
            continue
        head = compounds.head_features(words, word[cut:])
        if head is not None:
            for part in (lead, head):
                part["family"] = math.log1p(max(part.get("family", 0) - own, 0))
            yield cut, {"BIAS": {"": 1.0}, "LEAD": lead, "HEAD": head, "WHOLE": whole}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("path", type=Path)
    options.add_argument("--fit", action="store_true")
    options.add_argument("--errors", type=int, default=0, help="show so many errors of the held-out half")
    chosen = options.parse_args()
    started = time.perf_counter()
    words = lexicon.swedish()
    print(f"lexicon opened in {time.perf_counter() - started:.2f} s")
    fitting, held = read(chosen.path)
    if chosen.fit:
        fit(words, fitting + list(inflected(words, fitting)))
    splitter = compounds.Splitter(words)
    report("fitting half", splitter, fitting)
    report("held out", splitter, held, chosen.errors)
    report("held out, inflected", splitter, list(inflected(words, held)), chosen.errors)
    report("all", splitter, fitting + held)
    for language in ("sv",):
        analyse = analyser(language).word
        every = [w for w, _ in fitting + held]
        for state in ("cold", "warm"):
            repeat = 1 if state == "cold" else 20
            started = time.perf_counter()
            for _ in range(repeat):
                for word in every:
                    analyse(word)
            print(f"{len(every) * repeat / (time.perf_counter() - started):12,.0f} words/s analysed, {state}")


if __name__ == "__main__":
    main()
