// Before one comes in: who is in the room, and whether it is being recorded.
import { useEffect, useState } from "react";
import { lookAtRoom } from "../api/client";
import type { RoomNow } from "../api/types";
import { texts } from "../texts";

const LOOK_MS = 5000;
/** A name that is still being typed is not asked about. */
const TYPING_MS = 700;

export function RoomNow({ room }: { room: string }) {
  const [seen, setSeen] = useState<{ room: string; now: RoomNow } | null>(null);
  useEffect(() => {
    if (!room) return;
    const leaving = new AbortController();
    const look = () => {
      // Whoever may not come in is told so when they try.
      lookAtRoom(room, leaving.signal).then(
        (now) => setSeen({ room, now }),
        () => undefined,
      );
    };
    const first = setTimeout(look, TYPING_MS);
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      leaving.abort();
    };
  }, [room]);
  const t = texts.recorded;
  const now = seen?.room === room ? seen.now : null;
  return (
    <>
      <p className={now ? "join-here" : "unseen"} role="status" data-testid="room-people">
        {now && texts.form.here(now.names.map((name) => name || texts.call.guest), now.people)}
      </p>
      <p className={now?.tapped ? "join-recorded" : "unseen"} role="status" data-testid="room-recorded">
        {now?.tapped && `${t.room} ${now.asks ? t.willAsk : ""}`}
      </p>
    </>
  );
}
