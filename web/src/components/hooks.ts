// How components follow signals, the clock, the keyboard and the machine.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { devicesAllowed } from "../room/devices";
import { focusOf, shortcutOf, type Shortcut } from "../room/keys";
import type { Observable } from "../room/Observable";

export function useObservable<T>(signal: Observable<T>): T {
  return useSyncExternalStore(signal.watch, signal.get);
}

/** The time of `now()`, read anew four times a second while `running`. */
export function useClock(now: () => number, running: boolean): number {
  const [time, setTime] = useState(now);
  useEffect(() => {
    if (!running) return;
    const tick = () => setTime(now());
    const first = setTimeout(tick);
    const timer = setInterval(tick, 250);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [now, running]);
  return time;
}

export type Devices = Record<MediaDeviceKind, MediaDeviceInfo[]>;

/** The devices of this machine, as they come and go; their names are told once one is `opened`. */
export function useDevices(opened: unknown = null): Devices {
  const [devices, setDevices] = useState<Devices>({ videoinput: [], audioinput: [], audiooutput: [] });
  useEffect(() => {
    if (!devicesAllowed()) return;
    const list = () =>
      void navigator.mediaDevices.enumerateDevices().then((all) => {
        const of = (wanted: MediaDeviceKind) => all.filter(({ kind, deviceId }) => kind === wanted && deviceId !== "");
        setDevices({ videoinput: of("videoinput"), audioinput: of("audioinput"), audiooutput: of("audiooutput") });
      });
    list();
    navigator.mediaDevices.addEventListener("devicechange", list);
    return () => navigator.mediaDevices.removeEventListener("devicechange", list);
  }, [opened]);
  return devices;
}

/** What the person presses, while `on`; the space bar talks while it is held, unless a button has the focus. */
export function useShortcuts(on: boolean, act: (key: Shortcut) => void, talk: (talking: boolean) => void): void {
  const does = useRef({ act, talk });
  useEffect(() => {
    does.current = { act, talk };
  });
  useEffect(() => {
    if (!on) return;
    let talking = false;
    const hush = () => {
      if (talking) does.current.talk(false);
      talking = false;
    };
    const down = (event: KeyboardEvent) => {
      // A dialogue or a menu has the keyboard for itself.
      if (event.defaultPrevented || document.querySelector("dialog[open], [role=menu]")) return;
      const focus = focusOf(document.activeElement);
      if (event.code === "Space" && focus === "nothing") {
        event.preventDefault();
        if (!event.repeat && !talking) does.current.talk((talking = true));
        return;
      }
      const shortcut = shortcutOf(event, focus);
      if (!shortcut) return;
      event.preventDefault();
      does.current.act(shortcut);
    };
    const up = (event: KeyboardEvent) => {
      if (event.code === "Space") hush();
    };
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    window.addEventListener("blur", hush);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
      window.removeEventListener("blur", hush);
      hush();
    };
  }, [on]);
}

/** Whether the page fills the screen, and the way in and out. */
export function useFullscreen(): [on: boolean, toggle: () => void] {
  const [on, setOn] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => setOn(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = () => {
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    done.catch(() => undefined);
  };
  return [on, toggle];
}
