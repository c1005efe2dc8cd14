"""What the checks of docs/vectors are made of: the files, and what is asked of them."""
import json
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "vectors"
_held: list[str] = []


def ask(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(f"the vectors say something else: {otherwise}")
    _held.append(otherwise)


def count() -> int:
    return len(_held)


def vectors(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def h(text: str) -> bytes:
    return bytes.fromhex(text)
