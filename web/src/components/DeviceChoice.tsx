// One choice among the cameras, the microphones or the speakers of this machine.
import { texts } from "../texts";

interface DeviceChoiceProps {
  label: string;
  devices: readonly MediaDeviceInfo[];
  chosen: string | null;
  testId?: string;
  onChoose: (deviceId: string) => void;
}

export function DeviceChoice({ label, devices, chosen, testId, onChoose }: DeviceChoiceProps) {
  const known = devices.some((device) => device.deviceId === chosen);
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={known ? (chosen ?? "") : (devices[0]?.deviceId ?? "")}
        disabled={devices.length === 0}
        data-testid={testId}
        onChange={(event) => onChoose(event.target.value)}
      >
        {devices.length === 0 && <option value="">{texts.form.noDevice}</option>}
        {devices.map((device, n) => (
          <option key={device.deviceId} dir="auto" value={device.deviceId}>
            {device.label || texts.form.unnamedDevice(label, n + 1)}
          </option>
        ))}
      </select>
    </label>
  );
}
