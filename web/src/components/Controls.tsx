// The bar below a call.
import type { Layout } from "../api/types";
import { REACTIONS, type Reaction } from "../room/messages";
import type { CaptionsView } from "../room/Captions";
import type { Person } from "../room/people";
import type { RoomClient } from "../room/RoomClient";
import type { RecordingView } from "../room/recording";
import { texts } from "../texts";
import { Icon, type IconName } from "./Icon";
import { Menu, MenuItem } from "./Menu";
import { LayoutItems, RecordButton } from "./RecordButton";
import type { View } from "./Stage";
import "./Controls.css";

interface ControlsProps {
  client: RoomClient;
  me: Person;
  recording: RecordingView;
  mayRecord: boolean;
  captions: CaptionsView;
  layout: Layout;
  view: View;
  fullscreen: boolean;
  hidesMe: boolean;
  onHideMe: (hides: boolean) => void;
  onLayout: (layout: Layout) => void;
  onView: (view: View) => void;
  /** Whether this browser shows a picture over other windows, and what a click does to it. */
  pip: "start" | "end" | null;
  onPip: () => void;
  onFullscreen: () => void;
  onSettings: () => void;
  onKeys: () => void;
  onLeave: () => void;
}

// Telephones cannot share a screen, and insecure origins have no devices at all.
export const canShare = "getDisplayMedia" in ((navigator.mediaDevices as MediaDevices | undefined) ?? {});

const reactions = Object.keys(REACTIONS) as Reaction[];

export function Controls(props: ControlsProps) {
  const { client, me, recording, mayRecord, captions, layout, onLayout, onLeave } = props;
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
          shortcut="m"
          onClick={() => void client.toggleMicrophone()}
        />
        <Toggle
          id="camera"
          on={me.camera !== null}
          icons={["camera", "cameraOff"]}
          label={t.camera}
          action={me.camera ? t.cameraOff : t.cameraOn}
          shortcut="v"
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
            shortcut="s"
            onClick={() => void client.toggleScreen()}
          />
        )}
      </div>
      <RecordButton
        recording={recording}
        mayRecord={mayRecord}
        layout={layout}
        onLayout={onLayout}
        onStart={() => void client.recorder.start(layout)}
        onStop={() => void client.recorder.stop()}
      />
      <div className="controls-group controls-end">
        <Toggle
          id="hand"
          on={me.hand !== null}
          quiet
          icons={["hand", "hand"]}
          label={t.hand}
          action={me.hand === null ? t.handUp : t.handDown}
          shortcut="h"
          onClick={client.gestures.toggleHand}
        />
        {captions.possible && (
          <Toggle
            id="captions-toggle"
            on={captions.wanted}
            quiet
            className="wide-only"
            icons={["words", "words"]}
            label={texts.captions.title}
            action={captions.wanted ? texts.captions.off : texts.captions.show}
            shortcut="t"
            onClick={() => void client.captions.toggle()}
          />
        )}
        <Menu label={texts.reactions.title} icon="smile" testId="react" className="control wide-only">
          <div className="menu-row">
            <ReactionItems client={client} />
          </div>
        </Menu>
        <MoreMenu {...props} />
        <button className="control control-leave" type="button" data-testid="leave" aria-label={t.leave} onClick={onLeave}>
          <Icon name="leave" />
          <span className="control-label">{t.leave}</span>
        </button>
      </div>
    </footer>
  );
}

function ReactionItems({ client }: { client: RoomClient }) {
  return reactions.map((reaction) => (
    <MenuItem
      key={reaction}
      icon={reaction}
      label={texts.reactions[reaction]}
      testId={`react-${reaction}`}
      onSelect={() => void client.gestures.react(reaction)}
    />
  ));
}

function MoreMenu({ client, me, recording, mayRecord, captions, layout, view, fullscreen, hidesMe, onHideMe, onLayout, onView, pip, onPip, onFullscreen, onSettings, onKeys }: ControlsProps) {
  const t = texts.controls;
  return (
    <Menu label={t.more} icon="more" testId="more">
      <div className="menu-row narrow-only">
        <ReactionItems client={client} />
      </div>
      <MenuItem icon="hand" className="narrow-only" testId="more-hand" onSelect={client.gestures.toggleHand}>
        {me.hand === null ? t.handUp : t.handDown}
      </MenuItem>
      {canShare && (
        <MenuItem icon="screen" className="narrow-only" onSelect={() => void client.toggleScreen()}>
          {me.screen ? t.shareOff : t.shareOn}
        </MenuItem>
      )}
      {captions.possible && (
        <MenuItem icon="words" className="narrow-only" testId="more-captions" onSelect={() => void client.captions.toggle()}>
          {captions.wanted ? texts.captions.off : texts.captions.show}
        </MenuItem>
      )}
      <MenuItem icon={view === "grid" ? "speaker" : "grid"} shortcut="g" testId="view" onSelect={() => onView(view === "grid" ? "speaker" : "grid")}>
        {view === "grid" ? t.speaker : t.grid}
      </MenuItem>
      <MenuItem icon={hidesMe ? "camera" : "cameraOff"} testId="hide-me" onSelect={() => onHideMe(!hidesMe)}>
        {hidesMe ? texts.call.showMe : texts.call.hideMe}
      </MenuItem>
      {pip && (
        <MenuItem icon="pip" testId="pip" onSelect={onPip}>
          {pip === "end" ? t.pipEnd : t.pip}
        </MenuItem>
      )}
      {document.fullscreenEnabled && (
        <MenuItem icon="full" shortcut="f" testId="fullscreen" onSelect={onFullscreen}>
          {fullscreen ? t.fullscreenEnd : t.fullscreen}
        </MenuItem>
      )}
      <MenuItem icon="settings" testId="settings" onSelect={onSettings}>
        {texts.settings.title}
      </MenuItem>
      <MenuItem icon="keys" shortcut="?" className="wide-only" testId="keys" onSelect={onKeys}>
        {t.keys}
      </MenuItem>
      {mayRecord && recording.state === "idle" && (
        <>
          <p className="menu-title narrow-only" role="presentation">
            {t.layout}
          </p>
          <LayoutItems layout={layout} onLayout={onLayout} className="narrow-only" />
        </>
      )}
    </Menu>
  );
}

interface ToggleProps {
  id: string;
  on: boolean;
  /** Being off is ordinary, not a thing to mark. */
  quiet?: boolean;
  className?: string;
  icons: [on: IconName, off: IconName];
  label: string;
  action: string;
  shortcut: string;
  onClick: () => void;
}

export function Toggle({ id, on, quiet = false, className = "", icons, label, action, shortcut, onClick }: ToggleProps) {
  const looks = quiet ? (on ? "control control-quiet control-active" : "control control-quiet") : on ? "control" : "control control-off";
  return (
    <button
      className={`${looks} ${className}`}
      type="button"
      data-testid={id}
      data-on={on}
      aria-label={`${label}: ${action}`}
      aria-keyshortcuts={shortcut}
      title={`${action} (${shortcut})`}
      onClick={onClick}
    >
      <Icon name={on ? icons[0] : icons[1]} />
      <span className="control-label">{label}</span>
    </button>
  );
}
