// The small window over others: whoever speaks, and the buttons that one needs there.
import { useEffect, useState, type KeyboardEvent } from "react";
import { createPortal } from "react-dom";
import type { Over } from "../room/pip";
import { shortcutOf } from "../room/keys";
import { directionOf, language, texts, type Language } from "../texts";
import { Avatar } from "./Avatar";
import { Toggle } from "./Controls";
import { useObservable } from "./hooks";
import { Icon } from "./Icon";
import { Picture } from "./Picture";
import "./PipWindow.css";

export interface CallButtons {
  muted: boolean;
  /** Whether one's own camera is off. */
  dark: boolean;
  onMicrophone: () => void;
  onCamera: () => void;
  onLeave: () => void;
}

interface PipWindowProps extends CallButtons {
  window: Window;
  title: string;
  over: Over;
  /** Whether single keys are shortcuts here, as in the page. */
  keys: boolean;
}

export default function PipWindow({ window: { document: outside }, title, over, keys, muted, dark, onMicrophone, onCamera, onLeave }: PipWindowProps) {
  const t = texts.controls;
  const { person, track, screen } = over;
  const name = screen ? texts.call.screenOf(person.name) : person.name;
  const spoken = useObservable(language);
  const dressed = useStyles(outside);
  useEffect(() => describe(outside, spoken, title), [outside, spoken, title]);
  const press = (event: KeyboardEvent) => {
    const pressed = keys ? shortcutOf(event, "button") : null;
    if (pressed === "m") onMicrophone();
    if (pressed === "v") onCamera();
  };
  if (!dressed) return null;
  return createPortal(
    <main className="pip always-dark" data-testid="pip-window" onKeyDown={press}>
      <h1 className="unseen">{title}</h1>
      <div className={person.speaking && !screen ? "pip-seen pip-speaking" : "pip-seen"} data-testid="pip-seen" data-identity={person.identity}>
        {!track && <Avatar name={person.name} identity={person.identity} />}
        {track && <Picture track={track} mirrored={person.isLocal && !screen} whole={screen} label={name} />}
        <p className="tile-label">
          {person.muted && !screen && (
            <span className="tile-muted" role="img" aria-label={texts.call.muted}>
              <Icon name="microphoneOff" size={15} />
            </span>
          )}
          <bdi className="tile-name">{name}</bdi>
        </p>
      </div>
      <div className="pip-bar" role="toolbar" aria-label={t.bar}>
        <Toggle id="mic" on={!muted} icons={["microphone", "microphoneOff"]} label={t.mic} action={muted ? t.micOn : t.micOff} shortcut="m" onClick={onMicrophone} />
        <Toggle id="camera" on={!dark} icons={["camera", "cameraOff"]} label={t.camera} action={dark ? t.cameraOn : t.cameraOff} shortcut="v" onClick={onCamera} />
        <button className="control control-leave" type="button" data-testid="leave" aria-label={t.leave} title={t.leave} onClick={onLeave}>
          <Icon name="leave" />
        </button>
      </div>
    </main>,
    outside.body,
  );
}

function describe(outside: Document, spoken: Language, title: string): void {
  outside.documentElement.lang = spoken;
  outside.documentElement.dir = directionOf(spoken);
  outside.title = title;
}

/** Gives another document the rules of this one; true once they are there, for what is shown without them jumps. */
function useStyles(outside: Document): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => {
    const sheets = [...document.querySelectorAll<HTMLElement>("link[rel=stylesheet], style")].map((sheet) => sheet.cloneNode(true) as HTMLElement);
    const loaded = sheets
      .filter((sheet) => sheet.tagName === "LINK")
      .map((sheet) => new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));
    outside.head.append(...sheets);
    void Promise.all(loaded).then(() => setThere(true));
  }, [outside]);
  return there;
}
