"""`reelroom model`: what turns speech into text, which the host chooses; nothing is fetched unasked."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from reelroom.config import Settings, WrongSettings, read_settings
from reelroom.transcribing import models as kept

models = typer.Typer(help="Models that turn speech into text.", no_args_is_help=True)
_console = Console()
_errors = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]


def _fail(message: str) -> typer.Exit:
    _errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)


def _settings(data_dir: Path | None) -> Settings:
    try:
        return read_settings(**({"data_dir": data_dir} if data_dir else {}))
    except WrongSettings as error:
        raise _fail(str(error)) from None


@models.command("list")
def list_models(data_dir: DataDir = None) -> None:
    """Show the models that are here, and which one is used."""
    settings = _settings(data_dir)
    if (missing := kept.missing_by_setting(settings)) is not None:
        _errors.print(f"REELROOM_SPEECH_MODEL names {missing}, and no model is there.", style="red", soft_wrap=True)
    found = kept.models(settings)
    if not found:
        _console.print(f"There is none: {kept.HOW_TO_GET_ONE}.", markup=False, soft_wrap=True)
        return
    table = Table("model", Column("folder", overflow="fold"), "MB", "used")
    for model in found:
        table.add_row(model.name, str(model.folder), f"{model.size / 1e6:.0f}", "yes" if model.in_use else "")
    _console.print(table)


@models.command()
def get(
    name: Annotated[str, typer.Argument(help="As faster-whisper calls it: tiny, base, small, medium, large-v3 …")],
    data_dir: DataDir = None,
) -> None:
    """Fetch a model from Hugging Face, and use it from now on."""
    settings = _settings(data_dir)
    try:
        kept.use(settings, kept.fetch(settings, name))
    except (kept.NoSuchModel, OSError) as error:
        raise _fail(str(error)) from None
    _say_used(settings, name)


@models.command()
def use(
    folder: Annotated[Path, typer.Argument(help="A folder with a model, or the name of one that was fetched.")],
    data_dir: DataDir = None,
) -> None:
    """Use a model that is here from now on."""
    settings = _settings(data_dir)
    try:
        chosen = kept.use(settings, folder)
    except (kept.NoSuchModel, OSError) as error:
        raise _fail(str(error)) from None
    _say_used(settings, str(chosen))


def _say_used(settings: Settings, chosen: str) -> None:
    if settings.speech_model is None:
        _console.print(f"{chosen} is used from now on.", markup=False, soft_wrap=True)
        return
    named = f"REELROOM_SPEECH_MODEL names {settings.speech_model}"
    _console.print(f"{chosen} is used once nothing else is: {named}.", markup=False, soft_wrap=True)
