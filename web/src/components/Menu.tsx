// A button with a menu: arrow keys walk through it, Escape and a click elsewhere close it.
import { createContext, useContext, useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import "./Menu.css";

interface MenuProps {
  label: string;
  icon: IconName;
  className?: string;
  testId: string;
  /** Stands on the button, over the icon. */
  badge?: ReactNode;
  children: ReactNode;
}

const CloseMenu = createContext<() => void>(() => undefined);

export function Menu({ label, icon, className = "control", testId, badge, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const items = () => [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])].filter((item) => item.offsetParent);

  useEffect(() => {
    if (!open) return;
    items()[0]?.focus();
    const outside = (event: Event) => {
      if (!frame.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const walk = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const right = list.current && getComputedStyle(list.current).direction === "rtl" ? -1 : 1;
    const next = { ArrowDown: at + 1, ArrowRight: at + right, ArrowUp: at - 1, ArrowLeft: at - right, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else if (next !== undefined) all.at(next % all.length)?.focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="menu" ref={frame}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
        {badge}
      </button>
      {open && (
        <div className="menu-list" id={id} role="menu" aria-label={label} ref={list} onKeyDown={walk} data-testid={`${testId}-menu`}>
          <CloseMenu value={close}>{children}</CloseMenu>
        </div>
      )}
    </div>
  );
}

interface MenuItemProps {
  icon?: IconName;
  /** For one of several choices: whether it is the one. */
  checked?: boolean;
  testId?: string;
  className?: string;
  shortcut?: string;
  label?: string;
  onSelect: () => void;
  children?: ReactNode;
}

export function MenuItem({ icon, checked, testId, className = "", shortcut, label, onSelect, children }: MenuItemProps) {
  const close = useContext(CloseMenu);
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`menu-item ${className}`}
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      aria-label={label}
      title={label}
      data-testid={testId}
      onClick={() => {
        close();
        onSelect();
      }}
    >
      {checked !== undefined ? <span className="menu-check">{checked && <Icon name="check" size={18} />}</span> : icon && <Icon name={icon} size={20} />}
      {children && <span>{children}</span>}
      {shortcut && <kbd>{shortcut}</kbd>}
    </button>
  );
}
