// The one button that starts a recording, shows it and stops it.
import { serverNow } from "../api/client";
import { LAYOUTS, type Layout } from "../api/types";
import { clockText, type RecordingView } from "../room/recording";
import { texts } from "../texts";
import { useClock } from "./hooks";
import { Icon } from "./Icon";
import { Menu, MenuItem } from "./Menu";
import "./RecordButton.css";

interface RecordButtonProps {
  recording: RecordingView;
  /** Without this right there is nothing to press; that it records is seen. */
  mayRecord: boolean;
  layout: Layout;
  onLayout: (layout: Layout) => void;
  onStart: () => void;
  onStop: () => void;
}

const marks = {
  idle: <span className="record-dot" />,
  starting: <span className="record-wait" />,
  recording: <Icon name="stop" size={18} />,
  stopping: <span className="record-wait" />,
};

export function RecordButton({ recording, mayRecord, layout, onLayout, onStart, onStop }: RecordButtonProps) {
  const t = texts.controls;
  const { state, startedAt } = recording;
  const words = { idle: t.record, starting: t.starting, recording: t.stop, stopping: t.stopping };
  const actions = { idle: onStart, recording: onStop, starting: undefined, stopping: undefined };
  const labels = { idle: t.recordMore, recording: t.stopMore, starting: undefined, stopping: undefined };
  return (
    <div className={`record record-${state}`} data-testid="recording-state" data-state={state}>
      {state === "recording" && (
        <span className="record-status">
          <span className="record-dot" />
          <span className="record-word">{t.recording}</span> <RecordingClock startedAt={startedAt} />
        </span>
      )}
      {/* One element through all states, never `disabled`: it keeps the keyboard's focus. */}
      {mayRecord && (
        <button
          className="record-button"
          type="button"
          data-testid={state === "recording" ? "stop-recording" : "record"}
          aria-label={labels[state]}
          aria-disabled={actions[state] === undefined}
          onClick={actions[state]}
        >
          {marks[state]}
          {words[state]}
        </button>
      )}
      {mayRecord && state === "idle" && (
        <Menu label={t.layout} icon="down" className="record-layout" testId="layout">
          <LayoutItems layout={layout} onLayout={onLayout} />
        </Menu>
      )}
    </div>
  );
}

export function LayoutItems({ layout, onLayout, className }: { layout: Layout; onLayout: (layout: Layout) => void; className?: string }) {
  return LAYOUTS.map((each) => (
    <MenuItem key={each} checked={each === layout} testId={`layout-${each}`} onSelect={() => onLayout(each)} {...(className && { className })}>
      {texts.layouts[each]}
    </MenuItem>
  ));
}

/** The running time, on the server's clock. */
export function RecordingClock({ startedAt }: { startedAt: number | null }) {
  const now = useClock(serverNow, startedAt !== null);
  return <span className="record-time">{startedAt === null ? "" : clockText(now - startedAt)}</span>;
}
