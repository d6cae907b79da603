"""What a track file holds, as decoders take it: what was encrypted end to end is opened where there is a key."""

from reelroom.takes.events import Codec
from reelroom.takes.mended_file import MendedFile
from reelroom.takes.sealing import is_sealed
from reelroom.takes.unsealing import Unsealing, is_made_up


class Opening:
    """The frames of one file; `sealed` says whether the last one stayed encrypted."""

    def __init__(self, file: MendedFile, codec: Codec, *, encrypted: bool, key: Unsealing | None) -> None:
        """`encrypted`: all of the file is, as the engine said."""
        self._file, self._codec, self._encrypted, self._key = file, codec, encrypted, key
        self.sealed = self._was_sealed = encrypted and key is None
        self._looked = False

    def frame(self, index: int) -> bytes | None:
        """Frame `index`; None where it stays encrypted, empty where it is the engine's own and tells nothing."""
        frame, file = self._file.payload(index), self._file
        self._looked, self.sealed = True, False
        if not self._encrypted and not is_sealed(file, index, frame):
            return frame
        if self._key is not None:
            opened = self._key.opened(
                self._codec, frame, keyframe=file.is_keyframe(index), codec_private=file.codec_private
            )
            if opened is not None:
                return opened
            if is_made_up(self._codec, frame):
                return b""
        self.sealed = self._was_sealed = True
        return None

    @property
    def was_sealed(self) -> bool:
        """Whether any stayed encrypted; of what other processes have shown, one tells."""
        if self._encrypted and not self._looked and len(self._file):
            self.frame(0)
        return self._was_sealed
