// Other devices in the middle of a call, and the language.
import { useState } from "react";
import { rememberChoices, rememberedChoices } from "../room/memory";
import type { RoomClient } from "../room/RoomClient";
import { texts } from "../texts";
import { DeviceChoice } from "./DeviceChoice";
import { Dialog } from "./Dialog";
import FilterChoice from "./FilterChoice";
import { useDevices } from "./hooks";
import { LanguageChoice } from "./LanguageChoice";
import { SpeakerChoice } from "./SpeakerChoice";
import { Switch } from "./Switch";

interface SettingsDialogProps {
  client: RoomClient;
  onClose: () => void;
}

/** A choice of this person's own, that nothing but the browser knows. */
function Remembered({ of, label }: { of: "notices" | "sounds"; label: string }) {
  const [on, setOn] = useState(() => rememberedChoices()[of]);
  const choose = (chosen: boolean) => {
    setOn(chosen);
    rememberChoices({ [of]: chosen });
  };
  return (
    <Switch on={on} testId={of} onChange={choose}>
      {label}
    </Switch>
  );
}

export default function SettingsDialog({ client, onClose }: SettingsDialogProps) {
  const t = texts.form;
  const { videoinput, audioinput, audiooutput } = useDevices();
  const [, setChoice] = useState("");
  const [background, setBackground] = useState(client.filters.background);
  const [denoises, setDenoises] = useState(client.filters.denoises);
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
      <FilterChoice
        background={background}
        denoises={denoises}
        onBackground={(chosen) => {
          setBackground(chosen);
          void client.filters.setBackground(chosen);
        }}
        onDenoise={(on) => {
          setDenoises(on);
          void client.filters.setDenoise(on);
        }}
      />
      <Remembered of="notices" label={texts.notices.show} />
      <Remembered of="sounds" label={texts.notices.sounds} />
      <LanguageChoice />
    </Dialog>
  );
}
