"""One take's folder: who records what, the events so far, and its track files as they grow."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reelroom.files.durable import sync_folder, write_durably
from reelroom.takes.events import Event, FileOpened, ParticipantLeft, RoomJoined, parse_lines


class TakeError(Exception):
    """A folder is not a take, or a take holds nothing to show; the message says which."""


class TakeInfo(BaseModel):
    """take.json: written once, before the tap starts. `created_at` in ms since the epoch."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    session_id: str = Field(alias="sessionId")
    room_name: str = Field(alias="roomName")
    created_at: int = Field(alias="createdAt")


@dataclass(frozen=True)
class Take:
    """A take's folder."""

    folder: Path
    info: TakeInfo

    @classmethod
    def create(cls, folder: Path, info: TakeInfo) -> Self:
        """Make the folder and write take.json, durably."""
        (folder / "tracks").mkdir(parents=True, exist_ok=True)
        write_durably(folder / "take.json", json.dumps(info.model_dump(by_alias=True)) + "\n")
        sync_folder(folder.parent)
        return cls(folder, info)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises TakeError when `folder` holds no take."""
        try:
            info = TakeInfo.model_validate_json((folder / "take.json").read_bytes())
        except FileNotFoundError:
            raise TakeError(f"{folder} is not a take: it has no take.json") from None
        except (OSError, ValidationError) as error:
            raise TakeError(f"{folder} is not a readable take: {error}") from error
        return cls(folder, info)

    @property
    def events_path(self) -> Path:
        return self.folder / "events.jsonl"


class EventLog:
    """Follows events.jsonl as it grows; gives each whole line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def poll(self) -> list[Event]:
        """The events written since the last call; none while there is no file."""
        try:
            if self._path.stat().st_size <= self._position:  # opening it takes three times as long
                return []
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data.rfind(b"\n") + 1
        self._position += whole
        return parse_lines(data[:whole])


def extent(take: Take) -> tuple[int, int]:
    """From when to when (µs of room time) a take has something to show. Raises TakeError when nowhere."""
    events = EventLog(take.events_path).poll()
    opened = [event.at for event in events if isinstance(event, FileOpened)]
    if not opened:
        raise TakeError(f"the take {take.info.id} is empty: no track was ever received")
    last = max(event.at for event in events if not isinstance(event, RoomJoined | ParticipantLeft))
    return min(opened), last
