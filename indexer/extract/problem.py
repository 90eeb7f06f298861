"""Why could a file not be read, or only partly? Every reason with its sentence.

The ids are stable: ``kompass status`` groups by them. Sentences are for people and may change.
"""

from __future__ import annotations

from dataclasses import replace

from indexer.model import Extract

SENTENCES = {
    "empty": "The file is empty.",
    "encrypted": "The file is encrypted and asks for a password.",
    "damaged": "The file is damaged and cannot be read.",
    "damaged_partly": "The file is damaged or cut off; what is left of it was read.",
    "partly_read": "Only part of the file was read: {}.",
    "too_large": "The file unpacks to more bytes, or takes more memory, than is allowed for one file.",
    "too_deep": "The page nests its elements too deeply to be read.",
    "timeout": "Reading the file took longer than {} seconds.",
    "crashed": "The file crashed its reader, or took more memory than allowed.",
    "only_pictures": "The file has no text layer: its pages are pictures or blank.",
    "no_ocr": "The text is in pictures, and {}",
    "no_text": "The file has no text.",
    "unsupported": "Files of the type {} are not read.",
    "no_libreoffice": "Files of this type are read only where LibreOffice is installed.",
    "unreadable": "The file could not be read: {}.",
}


def unread(kind: str, reason: str, detail: str = "") -> Extract:
    """An Extract that says nothing but why: ``detail`` goes into the sentence."""
    return told(Extract(kind, read_by="none"), reason, detail)


def told(extract: Extract, reason: str, detail: str = "") -> Extract:
    """The extract with a problem."""
    return replace(extract, reason=reason, problem=SENTENCES[reason].format(detail))
