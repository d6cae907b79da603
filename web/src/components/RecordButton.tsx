// The one button that starts a recording, shows it and stops it.
import { serverNow } from "../api/client";
import { clockText, type RecordingView } from "../room/recording";
import { texts } from "../texts";
import { useClock } from "./hooks";
import { Icon } from "./Icon";
import "./RecordButton.css";

interface RecordButtonProps {
  recording: RecordingView;
  onStart: () => void;
  onStop: () => void;
}

export function RecordButton({ recording, onStart, onStop }: RecordButtonProps) {
  const { state } = recording;
  return (
    <div className={`record record-${state}`} data-testid="recording-state" data-state={state}>
      {state === "recording" ? (
        <>
          <span className="record-status">
            <span className="record-dot" />
            <span className="record-word">{texts.controls.recording}</span> <RecordingClock startedAt={recording.startedAt} />
          </span>
          <button className="record-stop" type="button" data-testid="stop-recording" aria-label={texts.controls.stopMore} onClick={onStop}>
            <Icon name="stop" size={18} />
            {texts.controls.stop}
          </button>
        </>
      ) : (
        <button
          className="record-start"
          type="button"
          data-testid="record"
          aria-label={state === "idle" ? texts.controls.recordMore : undefined}
          disabled={state !== "idle"}
          onClick={onStart}
        >
          <span className={state === "idle" ? "record-dot" : "record-wait"} />
          {state === "idle" ? texts.controls.record : state === "starting" ? texts.controls.starting : texts.controls.stopping}
        </button>
      )}
    </div>
  );
}

/** The running time, on the server's clock. */
export function RecordingClock({ startedAt }: { startedAt: number | null }) {
  const now = useClock(serverNow, startedAt !== null);
  return <span className="record-time">{startedAt === null ? "" : clockText(now - startedAt)}</span>;
}
