"""Ids (docs/wire.md, Ids): what kind of thing one names."""
import re

KINDS = {"u": "user", "d": "client", "g": "group", "q": "queue", "a": "asset"}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ID = re.compile(rf"mimi://({_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?)/([udgqa])/([A-Za-z0-9_-]{{21}}[AQgw])")


def kind_of(text: str) -> str | None:
    """None: it is no id."""
    found = ID.fullmatch(text)
    return None if found is None else KINDS[found[2]]
