// The picture that stays over other windows: always whoever is large in the call.
import { VideoTrack, type TrackReference } from "@livekit/components-react";
import { useEffect, type RefObject } from "react";
import type { CallButtons } from "./PipWindow";

interface PipPictureProps extends CallButtons {
  track: TrackReference | null;
  element: RefObject<HTMLVideoElement | null>;
}

type Action = "togglemicrophone" | "togglecamera" | "hangup";

/** Invisible itself; the browser shows it outside of the page once it is asked to, with the buttons that it has for calls. */
export function PipPicture({ track, element, muted, dark, onMicrophone, onCamera, onLeave }: PipPictureProps) {
  useEffect(() => {
    const media = (navigator as { mediaSession?: MediaSession }).mediaSession;
    if (!media) return;
    const actions: [Action, () => void][] = [
      ["togglemicrophone", onMicrophone],
      ["togglecamera", onCamera],
      ["hangup", onLeave],
    ];
    const handle = (action: Action, act: (() => void) | null) => {
      try {
        media.setActionHandler(action as MediaSessionAction, act);
      } catch {
        // A browser that does not know the button shows none.
      }
    };
    for (const [action, act] of actions) handle(action, act);
    return () => actions.forEach(([action]) => handle(action, null));
  }, [onMicrophone, onCamera, onLeave]);
  useEffect(() => {
    const media = (navigator as { mediaSession?: Partial<Record<"setMicrophoneActive" | "setCameraActive", (on: boolean) => unknown>> }).mediaSession;
    media?.setMicrophoneActive?.(!muted);
    media?.setCameraActive?.(!dark);
  }, [muted, dark]);
  // A picture of a call that is over would stay, and stand still.
  useEffect(
    () => () => {
      if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => undefined);
    },
    [],
  );
  return track && <VideoTrack ref={element} trackRef={track} className="pip-picture" aria-hidden="true" tabIndex={-1} autoPlay playsInline />;
}
