"""``kompass settings``."""

from __future__ import annotations

import argparse
import json

from indexer import config
from indexer.errors import SettingError


def settings(arguments: argparse.Namespace) -> int:
    """All of them, also where one is wrong: the list is what helps to mend it. The mistake comes last."""
    wrong = None
    try:
        values = config.load()
    except SettingError as e:
        if arguments.json:
            raise
        values, wrong = config.load({}), e
    if arguments.json:
        rows = [
            {"name": s.name, "value": values[s.name], "default": s.default, "help": s.help,
             "variable": f"KOMPASS_{s.name.upper()}"}
            for s in config.SETTINGS
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    print("Set a setting in the environment: KOMPASS_CRAWL_DELAY=2 kompass crawl\n")
    width = max(len(s.name) for s in config.SETTINGS)
    for s in config.SETTINGS:
        changed = "" if values[s.name] == s.default else f" (default: {s.default})"
        print(f"{s.name:{width}}  {values[s.name]}{changed}\n{'':{width}}  {s.help}")
    if wrong:
        raise SettingError(f"{wrong} Above are the defaults.")
    return 0
