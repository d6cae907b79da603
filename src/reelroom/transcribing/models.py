"""The host's models for speech: which there are, which one is used, and how one is fetched, when asked for."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from reelroom.config import Settings

_IN_USE = "in-use"  # a link in the folder of models
_PARTIAL = ".partial"  # what has come so far of one that is being fetched
HOW_TO_GET_ONE = "`reelroom model get base` fetches one, `reelroom model use FOLDER` takes one that is here"


class NoSuchModel(Exception):
    """What was named is no model; the message says why."""


@dataclass(frozen=True)
class Model:
    """A model in a folder; `size` in bytes."""

    name: str
    folder: Path
    size: int
    in_use: bool


def models_folder(settings: Settings) -> Path:
    """Where fetched models are."""
    return settings.data_dir.resolve() / "models"


def model_in_use(settings: Settings) -> Path | None:
    """The folder of the model that transcripts are made with; None where the host has not chosen one."""
    if settings.speech_model is not None:
        return settings.speech_model.resolve() if _is_model(settings.speech_model) else None
    chosen = models_folder(settings) / _IN_USE
    return chosen.resolve() if _is_model(chosen) else None


def models(settings: Settings) -> list[Model]:
    """Those that were fetched, and the one in use, wherever it is."""
    used, folder = model_in_use(settings), models_folder(settings)
    here = folder.iterdir() if folder.is_dir() else ()
    found = {path.resolve() for path in here if path.suffix != _PARTIAL and _is_model(path)}
    if used is not None:
        found.add(used)
    return [Model(path.name, path, (path / "model.bin").stat().st_size, path == used) for path in sorted(found)]


def use(settings: Settings, folder: Path) -> Path:
    """From now on that one, by its folder or by the name of one that was fetched. Raises NoSuchModel, OSError."""
    fetched = models_folder(settings) / folder
    target = fetched if _is_model(fetched) else folder
    if not _is_model(target):
        raise NoSuchModel(f"{folder} holds no model of faster-whisper: there is no model.bin in it")
    models_folder(settings).mkdir(parents=True, exist_ok=True)
    chosen = models_folder(settings) / _IN_USE
    beside = chosen.with_name(_IN_USE + ".new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target.resolve())
    os.replace(beside, chosen)  # noqa: PTH105 - Path.replace would follow neither
    return target.resolve()


def fetch(settings: Settings, name: str) -> Path:
    """Fetch a model by the name that faster-whisper has for it. Raises NoSuchModel, OSError.

    It is there once it is whole; one that was broken off is gone on with.
    """
    from faster_whisper.utils import available_models, download_model  # noqa: PLC0415 - takes a second

    known = available_models()
    if name not in known:
        raise NoSuchModel(f"There is no model {name!r}, but {', '.join(known)}")
    folder = models_folder(settings) / name
    partial = folder.with_name(name + _PARTIAL)
    before = folder if _is_model(folder) else partial  # one that is here is looked at for what has changed
    if folder.is_dir() and before == partial and not partial.exists():
        folder.rename(partial)
    before.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what faster-whisper asks its client for
            download_model(name, output_dir=str(before))
    except Exception as error:  # whatever its client of the network raises
        raise NoSuchModel(f"{name} could not be fetched: {error}") from error
    if not _is_model(before):
        raise NoSuchModel(f"{name} could not be fetched: there is no model.bin in what came")
    return before.rename(folder) if before == partial else folder


def missing_by_setting(settings: Settings) -> Path | None:
    """The folder that REELROOM_SPEECH_MODEL names, where there is no model in it."""
    named = settings.speech_model
    return None if named is None or _is_model(named) else named


def _is_model(folder: Path) -> bool:
    return (folder / "model.bin").is_file()
