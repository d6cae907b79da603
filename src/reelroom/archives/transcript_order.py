"""A transcript as it is asked for, and how that is written down."""

from dataclasses import dataclass, replace

from reelroom.config import Settings
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, KeptTake


@dataclass(frozen=True)
class TranscriptOrder:
    """In which language people speak, "" to find that out, and whether to sum up."""

    language: str = ""
    summary: bool = False

    @classmethod
    def as_before(cls, known: KeptTranscript | None) -> "TranscriptOrder | None":
        """As it was asked of the archive that another one is cut from; None where it was not."""
        return cls(known.asked, known.has_summary) if known else None

    def on(self, settings: Settings) -> "TranscriptOrder":
        """On a server with these settings, which may sum up all."""
        return replace(self, summary=self.summary or settings.summaries == "always")

    def of(self, archive: Archive, take: KeptTake | None, here: str) -> KeptTranscript:
        """For an archive of a take, that lies where the take says, or else on the node that is `here`."""
        return KeptTranscript(
            archive_id=archive.id,
            node=take.node if take is not None and take.node else here,
            asked=self.language,
            has_summary=self.summary,
            summary_status="requested" if self.summary else "",
            next_at=archive.created_at,
            created_at=archive.created_at,
            updated_at=archive.created_at,
        )
