"""Texts of the interface → the message catalogue that holds their English.

    python tools/messages.py          brings search_web/translations/en.po up to date
    python tools/messages.py --check  says what is missing, without writing; exit code 1 when something is

Translations are kept, texts that are gone are dropped, new ones stand empty until someone translates them.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).resolve().parent.parent / "search_web"
CATALOGUE = WEB / "translations" / "en.po"
HEADER = """\
# English texts of the interface. The Swedish ones are the ids: they stand in templates and modules.
# Kept in order by tools/messages.py.
msgid ""
msgstr ""
"Project-Id-Version: barnrattskompassen\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def extracted() -> Catalog:
    """Every text in the templates and modules, without line numbers: they would change in every commit."""
    found = Catalog(locale="en", project="barnrattskompassen", charset="utf-8")
    for name, _, message, comments, context in extract_from_dir(WEB, METHODS, OPTIONS):
        found.add(message, None, [(name.replace("\\", "/"), 0)], auto_comments=comments, context=context)
    return found


def updated() -> Catalog:
    with CATALOGUE.open("rb") as file:
        known = read_po(file, locale="en")
    template = extracted()
    known.update(template, no_fuzzy_matching=True, update_header_comment=False)
    known.obsolete.clear()
    return known


def missing(catalogue: Catalog) -> list[str]:
    """Texts that have no English yet."""
    found = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def written(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, width=100, sort_output=True, omit_header=True, no_location=True)
    return HEADER.encode() + b"\n" + out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only say what is missing")
    options = parser.parse_args()
    catalogue = updated()
    without = missing(catalogue)
    if not options.check:
        CATALOGUE.write_bytes(written(catalogue))
    for text in without:
        print(f"No English yet: {text}")
    print(f"{len(list(catalogue))} texts, {len(without)} without English.")
    return 1 if without else 0


if __name__ == "__main__":
    sys.exit(main())
