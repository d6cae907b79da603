// The drawings on buttons; each is 24 by 24 and takes the colour of the text around it.
import type { ReactNode } from "react";

const off = <path d="M4 4l16 16" />;
const microphone = <path d="M12 3.5a2.75 2.75 0 0 0-2.75 2.75v5a2.75 2.75 0 0 0 5.5 0v-5A2.75 2.75 0 0 0 12 3.5ZM6 11.25a6 6 0 0 0 12 0M12 17.25v3.25" />;
const camera = <path d="M5.25 6.75h7.5a2 2 0 0 1 2 2v6.5a2 2 0 0 1-2 2h-7.5a2 2 0 0 1-2-2v-6.5a2 2 0 0 1 2-2ZM14.75 10.6l4.3-2.65a.8.8 0 0 1 1.2.7v6.7a.8.8 0 0 1-1.2.7l-4.3-2.65" />;

const drawings = {
  microphone,
  microphoneOff: (
    <>
      {microphone}
      {off}
    </>
  ),
  camera,
  cameraOff: (
    <>
      {camera}
      {off}
    </>
  ),
  screen: <path d="M5 4.75h14a1.75 1.75 0 0 1 1.75 1.75v8.25A1.75 1.75 0 0 1 19 16.5H5a1.75 1.75 0 0 1-1.75-1.75V6.5A1.75 1.75 0 0 1 5 4.75ZM8.5 19.75h7M12 13.5V8m-2.4 2.3L12 7.9l2.4 2.4" />,
  leave: <path d="M13.5 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h6.5M10.5 12h9m-3.2-3.4L19.7 12l-3.4 3.4" />,
  stop: <rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" stroke="none" />,
  link: <path d="M10.2 13.8a3.6 3.6 0 0 0 5.1 0l3-3a3.6 3.6 0 0 0-5.1-5.1l-1 1M13.8 10.2a3.6 3.6 0 0 0-5.1 0l-3 3a3.6 3.6 0 0 0 5.1 5.1l1-1" />,
  download: <path d="M12 4v10.5m-4-3.8 4 3.9 4-3.9M5 19.5h14" />,
  close: <path d="M7 7l10 10M17 7L7 17" />,
  sound: <path d="M4.5 9.75v4.5h3l4 3.5V6.25l-4 3.5h-3ZM15 9.25a4 4 0 0 1 0 5.5M17.6 6.8a7.4 7.4 0 0 1 0 10.4" />,
  weak: <path d="M6 17.5v-2M12 17.5v-6M18 17.5v-10" />,
  film: <path d="M5 5.25h14A1.75 1.75 0 0 1 20.75 7v10A1.75 1.75 0 0 1 19 18.75H5A1.75 1.75 0 0 1 3.25 17V7A1.75 1.75 0 0 1 5 5.25ZM10.25 9.2v5.6l4.6-2.8-4.6-2.8Z" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  );
}
