// Which speaker others are heard from, and a sound to try it with.
import { useState } from "react";
import { chime } from "../room/chime";
import { texts } from "../texts";
import { DeviceChoice } from "./DeviceChoice";
import { Icon } from "./Icon";

interface SpeakerChoiceProps {
  devices: readonly MediaDeviceInfo[];
  chosen: string | null;
  testId: string;
  onChoose: (deviceId: string) => void;
}

/** Browsers that choose the speaker themselves show nothing. */
export function SpeakerChoice({ devices, chosen, testId, onChoose }: SpeakerChoiceProps) {
  const t = texts.form;
  const [playing, setPlaying] = useState(false);
  if (!("setSinkId" in HTMLMediaElement.prototype) || devices.length === 0) return null;
  const play = () => {
    if (playing) return;
    setPlaying(true);
    void chime(chosen)
      .catch((error: unknown) => console.warn("The speaker did not play:", error))
      .finally(() => setPlaying(false));
  };
  return (
    <div className="speaker-choice">
      <DeviceChoice label={t.speaker} devices={devices} chosen={chosen} testId={testId} onChoose={onChoose} />
      <button type="button" className="button" aria-label={t.testSpeaker} title={t.testSpeaker} data-testid="test-speaker" data-playing={playing} onClick={play}>
        <Icon name="sound" size={20} />
      </button>
    </div>
  );
}
