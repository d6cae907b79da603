// The bar below a call.
import type { Person } from "../room/people";
import type { RoomClient } from "../room/RoomClient";
import type { RecordingView } from "../room/recording";
import { texts } from "../texts";
import { Icon, type IconName } from "./Icon";
import { RecordButton } from "./RecordButton";
import "./Controls.css";

interface ControlsProps {
  client: RoomClient;
  me: Person;
  recording: RecordingView;
  onLeave: () => void;
}

// Telephones cannot share a screen, and insecure origins have no devices at all.
const canShare = "getDisplayMedia" in ((navigator.mediaDevices as MediaDevices | undefined) ?? {});

export function Controls({ client, me, recording, onLeave }: ControlsProps) {
  const t = texts.controls;
  return (
    <footer className="controls" role="toolbar" aria-label={t.bar}>
      <div className="controls-group">
        <Toggle
          id="mic"
          on={!me.muted}
          icons={["microphone", "microphoneOff"]}
          label={t.mic}
          action={me.muted ? t.micOn : t.micOff}
          onClick={() => void client.toggleMicrophone()}
        />
        <Toggle
          id="camera"
          on={me.camera !== null}
          icons={["camera", "cameraOff"]}
          label={t.camera}
          action={me.camera ? t.cameraOff : t.cameraOn}
          onClick={() => void client.toggleCamera()}
        />
        {canShare && (
          <Toggle
            id="share"
            on={me.screen !== null}
            quiet
            icons={["screen", "screen"]}
            label={t.share}
            action={me.screen ? t.shareOff : t.shareOn}
            onClick={() => void client.toggleScreen()}
          />
        )}
      </div>
      <RecordButton
        recording={recording}
        onStart={() => void client.startRecording()}
        onStop={() => void client.stopRecording()}
      />
      <button className="control control-leave" type="button" data-testid="leave" onClick={onLeave}>
        <Icon name="leave" />
        <span className="control-label">{t.leave}</span>
      </button>
    </footer>
  );
}

interface ToggleProps {
  id: string;
  on: boolean;
  /** Being off is ordinary, not a thing to mark. */
  quiet?: boolean;
  icons: [on: IconName, off: IconName];
  label: string;
  action: string;
  onClick: () => void;
}

function Toggle({ id, on, quiet = false, icons, label, action, onClick }: ToggleProps) {
  const looks = quiet ? (on ? "control control-active" : "control") : on ? "control" : "control control-off";
  return (
    <button className={looks} type="button" data-testid={id} data-on={on} aria-label={action} title={action} onClick={onClick}>
      <Icon name={on ? icons[0] : icons[1]} />
      <span className="control-label">{label}</span>
    </button>
  );
}
