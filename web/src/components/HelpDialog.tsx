// Which key does what, and the way to have none of them.
import { SHORTCUTS } from "../room/keys";
import { texts } from "../texts";
import { Dialog } from "./Dialog";
import { Switch } from "./Switch";

interface HelpDialogProps {
  on: boolean;
  onChange: (on: boolean) => void;
  onClose: () => void;
}

export default function HelpDialog({ on, onChange, onClose }: HelpDialogProps) {
  const t = texts.keys;
  const [first, ...others] = SHORTCUTS;
  const line = (key: string, does: string) => (
    <div key={key}>
      <dt>{does}</dt>
      <dd>
        <kbd>{key}</kbd>
      </dd>
    </div>
  );
  return (
    <Dialog title={t.title} testId="keys-dialog" onClose={onClose}>
      <dl className="dialog-keys">
        {line(first, t.does[first])}
        {line(t.hold, t.does.space)}
        {others.map((key) => line(key, t.does[key]))}
      </dl>
      <Switch on={on} testId="keys-on" onChange={onChange}>
        {t.on}
      </Switch>
    </Dialog>
  );
}
