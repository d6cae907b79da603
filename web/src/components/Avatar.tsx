// Stands for a person whose picture there is not.
import { hueOf, initials } from "../room/names";
import "./Avatar.css";

export function Avatar({ name, identity }: { name: string; identity: string }) {
  return (
    <div className="avatar" style={{ "--hue": hueOf(identity) }} aria-hidden="true">
      <span>{initials(name)}</span>
    </div>
  );
}
