"""Room names: how one is kept, and which spellings are the same."""

import unicodedata


def tidied(name: str) -> str:
    """As it is kept and shown: what looks the same is the same, with one space between words and none around them."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def folded(name: str) -> str:
    """The same for all spellings of a name: whatever their case, spaces and form (Unicode 16.0, D145 and D146)."""
    cased = unicodedata.normalize("NFD", tidied(name)).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", cased))
