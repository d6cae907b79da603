// A choice that is on or off, with what it is about.
import type { ReactNode } from "react";

interface SwitchProps {
  on: boolean;
  testId: string;
  onChange: (on: boolean) => void;
  children: ReactNode;
}

export function Switch({ on, testId, onChange, children }: SwitchProps) {
  return (
    <label className="switch">
      <input type="checkbox" checked={on} data-testid={testId} onChange={({ target }) => onChange(target.checked)} />
      <span>{children}</span>
    </label>
  );
}
