// What stands beside a film: its chapters, and what was written while it was recorded.
import type { Archive, Timeline } from "../api/types";
import { LAST_MOMENT, parseChat, type ChatMessage } from "../room/messages";
import { parseSummary, type FilmSummary } from "../room/summary";
import { texts } from "../texts";
import { Moments } from "./Moments";
import { Summary } from "./Summary";
import { Transcript } from "./Transcript";
import { useChapters, type Player } from "./useFilm";
import { useJson } from "./useJson";

interface ArchiveMoreProps {
  archive: Archive;
  timeline: Timeline | null;
  player: Player;
  /** That of the film's link, where that is what lets somebody in. */
  secret?: string | undefined;
  onCorrected: () => void;
  onAgain: () => void;
}

export function ArchiveMore({ archive, timeline, player, secret, onCorrected, onAgain }: ArchiveMoreProps) {
  const chapters = useChapters(player);
  const chat = useJson<ChatMessage[]>(archive.chatUrl, parseMessages);
  const summary = useJson<FilmSummary>(archive.summaryUrl, parseSummary, archive.updatedAt); // one that is made again is read again
  const start = timeline ? timeline.start / 1000 : archive.createdAt;
  return (
    <>
      {chapters.length > 1 && (
        <Moments
          title={texts.end.chapters}
          testId="chapter"
          moments={chapters.map((chapter) => ({ at: chapter.start, what: chapter.name }))}
          player={player}
        />
      )}
      <Summary archive={archive} found={summary} player={player} secret={secret} onAsked={onAgain} />
      <Transcript archive={archive} summary={summary} player={player} secret={secret} onCorrected={onCorrected} />
      {chat && chat.length > 0 && (
        <Moments
          title={texts.end.chat}
          testId="film-message"
          moments={chat.map(({ text, name, at }) => ({
            at: Math.max(0, (at - start) / 1000),
            what: (
              <>
                <bdi>
                  <b>{name}</b>
                </bdi>{" "}
                <bdi>{text}</bdi>
              </>
            ),
          }))}
          player={player}
        />
      )}
    </>
  );
}

/** A list of messages, or an object with one. */
function parseMessages(found: unknown): ChatMessage[] | null {
  const list = Array.isArray(found) ? (found as unknown[]) : (found as { messages?: unknown } | null)?.messages;
  if (!Array.isArray(list)) return null;
  return list.flatMap((message) => parseChat(JSON.stringify(message), 0, LAST_MOMENT) ?? []);
}
