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

const looks = {
  idle: { word: texts.controls.record, mark: <span className="record-dot" /> },
  starting: { word: texts.controls.starting, mark: <span className="record-wait" /> },
  recording: { word: texts.controls.stop, mark: <Icon name="stop" size={18} /> },
  stopping: { word: texts.controls.stopping, mark: <span className="record-wait" /> },
};

export function RecordButton({ recording, onStart, onStop }: RecordButtonProps) {
  const { state, startedAt } = recording;
  const { word, mark } = looks[state];
  const actions = { idle: onStart, recording: onStop, starting: undefined, stopping: undefined };
  const labels = { idle: texts.controls.recordMore, recording: texts.controls.stopMore, starting: undefined, stopping: undefined };
  return (
    <div className={`record record-${state}`} data-testid="recording-state" data-state={state}>
      {state === "recording" && (
        <span className="record-status">
          <span className="record-dot" />
          <span className="record-word">{texts.controls.recording}</span> <RecordingClock startedAt={startedAt} />
        </span>
      )}
      {/* One element through all states, never `disabled`: it keeps the keyboard's focus. */}
      <button
        className="record-button"
        type="button"
        data-testid={state === "recording" ? "stop-recording" : "record"}
        aria-label={labels[state]}
        aria-disabled={actions[state] === undefined}
        onClick={actions[state]}
      >
        {mark}
        {word}
      </button>
    </div>
  );
}

/** The running time, on the server's clock. */
export function RecordingClock({ startedAt }: { startedAt: number | null }) {
  const now = useClock(serverNow, startedAt !== null);
  return <span className="record-time">{startedAt === null ? "" : clockText(now - startedAt)}</span>;
}
