"""Where the parts that Python does not install are: the engine, the tap, the telephone and the page.

Each is looked for in its own environment variable, then in the checkout that this package is installed from, then in
the package itself (a wheel carries them), then (the programs) in PATH.
"""

import os
import shutil
from pathlib import Path

ENGINE_VARIABLE = "REELROOM_ENGINE_BINARY"
TAP_VARIABLE = "REELROOM_TAP_BINARY"
SIP_VARIABLE = "REELROOM_SIP_BINARY"
PAGE_VARIABLE = "REELROOM_PAGE_DIR"
_CARRIED = Path(__file__).resolve().parents[1] / "parts"  # setup/wheel.py


def engine_binary() -> Path | None:
    """LiveKit's server, or None where it is missing."""
    return _binary("livekit-server", ENGINE_VARIABLE)


def tap_binary() -> Path | None:
    """The tap, or None where it is missing. In PATH it is `reelroom-tap`: `tap` alone may be anything."""
    return _binary("tap", TAP_VARIABLE, in_path="reelroom-tap")


def sip_binary() -> Path | None:
    """The program that speaks SIP, or None where it is missing. In PATH it is `reelroom-sip`."""
    return _binary("sip", SIP_VARIABLE, in_path="reelroom-sip")


def page_dir() -> Path | None:
    """The folder with the built page's index.html, or None where it is missing."""
    named = os.environ.get(PAGE_VARIABLE)
    if named:
        return _page(Path(named))
    root = _checkout()
    built = _page(root / "web/dist") if root else None
    return built or _page(_CARRIED / "page")


def _binary(name: str, variable: str, in_path: str = "") -> Path | None:
    named = os.environ.get(variable)
    if named:  # whoever names one means this one: no other takes its place
        return _executable(Path(named))
    root = _checkout()
    built = _executable(root / ".build/bin" / name) if root else None
    if built := built or _executable(_CARRIED / "bin" / name):
        return built
    found = shutil.which(in_path or name)
    return Path(found).absolute() if found else None


def _checkout() -> Path | None:
    """The checkout around this package, or None when it was installed from a wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "engine/go.mod").is_file() else None


def _executable(path: Path) -> Path | None:
    return path.absolute() if path.is_file() and os.access(path, os.X_OK) else None


def _page(folder: Path) -> Path | None:
    return folder.absolute() if (folder / "index.html").is_file() else None
