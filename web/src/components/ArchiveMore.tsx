// What belongs to a film beside its picture: the timeline of its speakers, its chat.
import { useEffect, useState, type RefObject } from "react";
import { fetchJson } from "../api/client";
import type { Archive, Timeline } from "../api/types";
import { parseChat, type ChatMessage } from "../room/messages";
import { clockText } from "../room/recording";
import { parseTimeline } from "../room/timeline";
import { texts } from "../texts";
import { SpeakerTimeline } from "./SpeakerTimeline";

interface ArchiveMoreProps {
  archive: Archive;
  player: RefObject<HTMLVideoElement | null>;
}

export function ArchiveMore({ archive, player }: ArchiveMoreProps) {
  const timeline = useJson<Timeline>(archive.timelineUrl, parseTimeline);
  const chat = useJson<ChatMessage[]>(archive.chatUrl, parseMessages);
  return (
    <>
      {timeline && timeline.turns.length > 0 && <SpeakerTimeline timeline={timeline} player={player} />}
      {chat && chat.length > 0 && (
        <details className="archive-chat" data-testid="film-chat">
          <summary>
            {texts.end.chat} ({chat.length})
          </summary>
          <ol>
            {chat.map(({ text, name, at }, n) => (
              <li key={n}>
                <small>{clockText(at - (timeline ? timeline.start / 1000 : archive.createdAt))}</small> <b>{name}</b> {text}
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

/** A list of messages, or an object with one. */
function parseMessages(found: unknown): ChatMessage[] | null {
  const list = Array.isArray(found) ? (found as unknown[]) : (found as { messages?: unknown } | null)?.messages;
  if (!Array.isArray(list)) return null;
  return list.flatMap((message) => parseChat(JSON.stringify(message), 0) ?? []);
}

/** What is found at an address, read once; nothing if there is no address, or nothing to be understood. */
function useJson<T>(url: string | null | undefined, parse: (found: unknown) => T | null): T | null {
  // Signed links differ at each call: the first one stays.
  const [link] = useState(url);
  const [found, setFound] = useState<T | null>(null);
  useEffect(() => {
    if (!link) return;
    const leaving = new AbortController();
    fetchJson(link, leaving.signal).then(
      (answer) => setFound(parse(answer)),
      () => undefined,
    );
    return () => leaving.abort();
  }, [link, parse]);
  return found;
}
