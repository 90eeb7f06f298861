"""What does a doc, ppt or rtf say? LibreOffice knows, where it is installed.

Without it the document is listed by the title and dates in its properties, and says why it has no text.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.extract import office
from indexer.extract.problem import unread
from indexer.model import Extract, LabelledDate

_TARGETS = {"doc": "docx", "rtf": "docx", "ppt": "pptx"}
_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")  # the format id of SummaryInformation
_TITLE, _CREATED, _SAVED = 2, 12, 13
_SECONDS = 50.0
# It fetches the pictures that a file refers to, from any address: by way of a port that nobody answers at it
# gets none.
_NOWHERE = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:1") | {"no_proxy": ""}


def program() -> str | None:
    """Where LibreOffice is, if it is installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def read(payload: bytes, kind: str, seconds: float | None = None) -> Extract:
    """The text of a file in a format from before 2007; ``kind`` is doc, ppt or rtf."""
    title, stated = _summary(payload)
    found = unread(kind, "encrypted" if kind == "doc" and _is_encrypted(payload) else "no_libreoffice")
    if found.reason != "encrypted" and (converter := program()) is not None:
        found = _converted(payload, kind, converter, seconds or _SECONDS)
    titles = (*found.titles, ("metadata", title)) if title else found.titles
    return replace(found, format=kind, titles=titles, dates=found.dates or stated)


def is_locked(payload: bytes) -> bool:
    """Whether it is a file of Office from 2007 on with a password: the whole of it is a stream of that name
    ([MS-OFFCRYPTO] 2.3.4.4)."""
    return "EncryptedPackage".encode("utf-16-le") in payload


def _is_encrypted(payload: bytes) -> bool:
    """The bit fEncrypted in the head of a doc file, with which a sector begins ([MS-DOC] 2.5.2). Two bytes
    alone are in every eighth picture of 10 MB too: the versions nFib and nFibBack are below 256."""
    heads = (payload[at : at + 14] for at in range(512, len(payload) - 13, 512))
    return next((bool(h[11] & 1) for h in heads if h.startswith(b"\xec\xa5") and not h[3] | h[13]), False)


def _converted(payload: bytes, kind: str, program: str, seconds: float) -> Extract:
    """The file as LibreOffice turns it into its successor, read as that."""
    target = _TARGETS[kind]
    failed = unread(kind, "unreadable", "LibreOffice did not manage it, so it is listed without its text")
    with tempfile.TemporaryDirectory(prefix="kompass-") as folder:
        source = Path(folder) / f"document.{kind}"
        source.write_bytes(payload)
        # A profile of its own: two LibreOffices cannot share one. ``setpriv`` ends it when we are ended.
        command = [
            "setpriv", "--pdeathsig=TERM", "timeout", "--kill-after=2", str(max(1, int(seconds))),
            program, "--headless", "--norestore",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to", target, "--outdir", folder, str(source),
        ]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 fixed words
                command,
                env=os.environ | _NOWHERE | dict.fromkeys(("HOME", "TMPDIR"), folder),
                capture_output=True,
                timeout=seconds + 5,
                check=True,
            )
            return office.read(source.with_suffix(f".{target}").read_bytes(), target)
        except (subprocess.SubprocessError, OSError) as error:
            ended = 124 if isinstance(error, subprocess.TimeoutExpired) else getattr(error, "returncode", 1)
            # 124: by "timeout"; -9 and 137: by force.
            return unread(kind, "timeout", f"{seconds:.0f}") if ended in (124, -9, 137) else failed


def _summary(payload: bytes) -> tuple[str, tuple[LabelledDate, ...]]:
    """Title and dates of the property set Office writes ([MS-OLEPS] 2.21), where it lies in one piece."""
    place = payload.find(_SUMMARY)
    if place < 28:
        return "", ()
    try:
        section = place - 28 + struct.unpack_from("<I", payload, place + 16)[0]
        count = struct.unpack_from("<I", payload, section + 4)[0]
        values = {}
        for index in range(min(count, 60)):
            identity, offset = struct.unpack_from("<II", payload, section + 8 + 8 * index)
            values[identity] = section + offset
        codepage = struct.unpack_from("<H", payload, values[1] + 4)[0] if 1 in values else 1252
        title = _string(payload, values[_TITLE], codepage) if _TITLE in values else ""
        stated = [
            LabelledDate(date, label, name)
            for identity, label, name in ((_CREATED, "none", "created"), (_SAVED, "updated", "saved"))
            if identity in values and (date := _date(payload, values[identity])) is not None
        ]
    except (struct.error, LookupError, ValueError, OverflowError):
        return "", ()
    return title, tuple(stated)


def _string(payload: bytes, place: int, codepage: int) -> str:
    kind, length = struct.unpack_from("<II", payload, place)
    if kind not in (0x1E, 0x1F) or length > 2_000:
        return ""
    raw = payload[place + 8 : place + 8 + (length if kind == 0x1E else 2 * length)]
    wide = kind == 0x1F or codepage == 1200
    name = "utf-16-le" if wide else "utf-8" if codepage == 65001 else f"cp{codepage}"
    return re.sub(r"\s+", " ", raw.decode(name, "replace").split("\x00")[0]).strip()


def _date(payload: bytes, place: int) -> str | None:
    kind, ticks = struct.unpack_from("<IQ", payload, place)
    moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    return moment.date().isoformat() if kind == 0x40 and moment.year >= 1985 else None
