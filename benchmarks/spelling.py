"""How often is a mistyped word of the corpus put right, how fast, and how large is what that needs? How often is a
word changed that was right?

    python benchmarks/spelling.py CORPUS.jsonl[.gz]      # one JSON object a line with title and text
    python benchmarks/spelling.py CORPUS.jsonl[.gz] --right

Words of at least five letters that two documents or more have are drawn by a seeded generator, each as
likely as any other, and mistyped by this rule: one slip, in words of nine letters or more a second one in
one case of four. A slip is, equally likely, a letter left out, a letter doubled, two neighbours swapped, a
letter hit beside the right key, another vowel for a vowel (any letter for another), a letter too many. What
is a word of the corpus itself is drawn again. Right is the word itself, not another form of it.

With --right only every 60th document is known. Typed are words of at least four letters that five of the others
have and none of those that are known: names (inside sentences nearly always with a capital), and words. All are
right, and none should be changed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from indexer.language import normalise, tokens
from indexer.language.spelling import FILE, Speller

SEED = 20141120
WORDS = 200
KEYS = {a: b for row in ("qwertyuiopå", "asdfghjklöä", "zxcvbnm") for a, b in pairwise(row)}
KEYS |= {b: a for a, b in list(KEYS.items())}
VOWELS = "aeiouyåäö"
LETTERS = "abcdefghijklmnopqrstuvwxyzåäö"


def slip(word: str, rng: random.Random) -> str:
    i = rng.randrange(len(word))
    kind = rng.randrange(6)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        i = min(i, len(word) - 2)
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if kind == 3:
        return word[:i] + KEYS.get(word[i], word[i]) + word[i + 1 :]
    if kind == 4:
        return word[:i] + rng.choice(VOWELS if word[i] in VOWELS else LETTERS) + word[i + 1 :]
    return word[:i] + rng.choice(LETTERS) + word[i:]


def mistyped(counts: dict[str, int], number: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    words = sorted(w for w, n in counts.items() if n > 1 and len(w) > 4 and w.isalpha())
    while number:
        word = rng.choice(words)
        wrong = slip(word, rng)
        if len(word) > 8 and rng.random() < 0.25:
            wrong = slip(wrong, rng)
        if wrong not in counts:
            number -= 1
            yield word, wrong


def read(path: Path) -> Iterator[str]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for line in file:
            document = json.loads(line)
            yield f"{document.get('title') or ''}\n{document['text']}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("corpus", type=Path)
    options.add_argument("--errors", action="store_true", help="show what was not put right")
    options.add_argument("--words", type=int, default=WORDS)
    options.add_argument("--right", action="store_true", help="words that are right, of which few are known")
    chosen = options.parse_args()
    if chosen.right:
        leave_alone(list(read(chosen.corpus)), errors=chosen.errors)
        return
    counts: Counter[str] = Counter()
    for text in read(chosen.corpus):
        counts.update({word for word, _, _ in tokens(normalise(text))})
    started = time.perf_counter()
    built = Speller(counts)
    print(f"{len(counts):,} words, built in {time.perf_counter() - started:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        built.save(Path(folder))
        print(f"{(Path(folder) / FILE).stat().st_size / 1e6:.1f} MB")
        speller = Speller.load(Path(folder))
        measure(speller, counts, chosen.words, errors=chosen.errors)


def leave_alone(texts: list[str], *, errors: bool) -> None:
    known, others, small, capital = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for n, text in enumerate(map(normalise, texts)):
        (others if n % 60 else known).update({word for word, _, _ in tokens(text)})
        small.update(re.findall(r"\b[a-zåäö]\w+", text))
        capital.update(word.lower() for word in re.findall(r"(?<=[a-zåäö,] )[A-ZÅÄÖ]\w+", text))
    speller = Speller(known)
    new = sorted(w for w, n in others.items() if n > 4 and len(w) > 3 and w.isalpha() and w not in known)
    for kind, some in (
        ("names", [w for w in new if capital[w] > 4 and small[w] < 0.05 * capital[w]]),
        ("words", [w for w in new if small[w] > 4 and capital[w] < 0.05 * small[w]]),
    ):
        drawn = random.Random(SEED).sample(some, WORDS)
        changed = [(word, found) for word in drawn if (found := speller.suggest(word))]
        print(f"{len(changed)} of {WORDS} {kind} that are right were changed")
        if errors:
            print("\n".join(f"    {word:28} {found}" for word, found in changed))


def measure(speller: Speller, counts: dict[str, int], number: int, *, errors: bool) -> None:
    times, right = [], 0
    cases = list(mistyped(counts, number, random.Random(SEED)))
    speller.suggest("värmer")
    for word, wrong in cases:
        started = time.perf_counter()
        found = speller.suggest(wrong)
        times.append(time.perf_counter() - started)
        right += found == word
        if errors and found != word:
            print(f"    {wrong:28} {word:28} {found}")
    times.sort()
    median, most, longest = (times[i] * 1e3 for i in (len(times) // 2, len(times) * 95 // 100, -1))
    print(f"{right / len(cases):.1%} of {len(cases)} put right")
    print(f"milliseconds: median {median:.2f}, 95 % {most:.2f}, longest {longest:.2f}")


if __name__ == "__main__":
    main()
