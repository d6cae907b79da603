"""The host's models for speech: which there are, which one is used, and how one is fetched, when asked for."""

import os
from dataclasses import dataclass
from pathlib import Path

from reelroom.config import Settings

_IN_USE = "in-use"  # a link in the folder of models
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
    found = {path.resolve() for path in folder.iterdir() if _is_model(path)} if folder.is_dir() else set()
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
    """Fetch a model by the name that faster-whisper has for it. Raises NoSuchModel, OSError."""
    from faster_whisper.utils import available_models, download_model  # noqa: PLC0415 - takes a second

    known = available_models()
    if name not in known:
        raise NoSuchModel(f"There is no model {name!r}, but {', '.join(known)}")
    folder = models_folder(settings) / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        download_model(name, output_dir=str(folder))
    except Exception as error:  # whatever its client of the network raises
        raise NoSuchModel(f"{name} could not be fetched: {error}") from error
    return folder


def _is_model(folder: Path) -> bool:
    return (folder / "model.bin").is_file()
