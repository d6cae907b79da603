// Other devices in the middle of a call, and the language.
import { useState } from "react";
import { canBlur } from "../room/devices";
import { rememberChoices, rememberedChoices } from "../room/memory";
import type { RoomClient } from "../room/RoomClient";
import { texts } from "../texts";
import { DeviceChoice } from "./DeviceChoice";
import { Dialog } from "./Dialog";
import { useDevices } from "./hooks";
import { LanguageChoice } from "./LanguageChoice";
import { SpeakerChoice } from "./SpeakerChoice";

interface SettingsDialogProps {
  client: RoomClient;
  onClose: () => void;
}

/** A choice of this person's own, that nothing but the browser knows. */
function Switch({ of, label }: { of: "notices" | "sounds"; label: string }) {
  const [on, setOn] = useState(() => rememberedChoices()[of]);
  return (
    <label className="switch">
      <input
        type="checkbox"
        checked={on}
        data-testid={of}
        onChange={({ target }) => {
          setOn(target.checked);
          rememberChoices({ ...rememberedChoices(), [of]: target.checked });
        }}
      />
      <span>{label}</span>
    </label>
  );
}

export default function SettingsDialog({ client, onClose }: SettingsDialogProps) {
  const t = texts.form;
  const { videoinput, audioinput, audiooutput } = useDevices();
  const [, setChoice] = useState("");
  const [blurs, setBlurs] = useState(client.blurs);
  const choose = (kind: MediaDeviceKind, deviceId: string) =>
    void client.chooseDevice(kind, deviceId).then(() => setChoice(`${kind} ${deviceId}`));
  const choice = (kind: MediaDeviceKind, label: string, devices: MediaDeviceInfo[]) => (
    <DeviceChoice
      label={label}
      devices={devices}
      chosen={client.deviceInUse(kind)}
      testId={kind}
      onChoose={(deviceId) => choose(kind, deviceId)}
    />
  );
  return (
    <Dialog title={texts.settings.title} testId="settings-dialog" onClose={onClose}>
      {choice("audioinput", t.microphone, audioinput)}
      {choice("videoinput", t.camera, videoinput)}
      <SpeakerChoice
        devices={audiooutput}
        chosen={client.deviceInUse("audiooutput")}
        testId="audiooutput"
        onChoose={(deviceId) => choose("audiooutput", deviceId)}
      />
      {canBlur() && (
        <label className="switch">
          <input
            type="checkbox"
            checked={blurs}
            data-testid="blur"
            onChange={({ target }) => {
              setBlurs(target.checked);
              void client.setBlur(target.checked);
            }}
          />
          <span>{texts.settings.blur}</span>
        </label>
      )}
      <Switch of="notices" label={texts.notices.show} />
      <Switch of="sounds" label={texts.notices.sounds} />
      <LanguageChoice />
    </Dialog>
  );
}
