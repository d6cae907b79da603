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
  hand: <path d="M8.2 12.5V6.2a1.3 1.3 0 0 1 2.6 0v5m0-1.2V4.7a1.3 1.3 0 0 1 2.6 0V11m0-4.9a1.3 1.3 0 0 1 2.6 0v6.4m0-3.3a1.3 1.3 0 0 1 2.6 0v4.6c0 3.9-2.6 6.7-6.2 6.7-2.7 0-4.3-1.2-5.6-3.6l-2-3.7a1.35 1.35 0 0 1 2.3-1.4l1.3 1.7" />,
  smile: <path d="M12 3.75a8.25 8.25 0 1 0 0 16.5 8.25 8.25 0 0 0 0-16.5ZM8.6 14.2c.8 1.2 2 1.9 3.4 1.9s2.6-.7 3.4-1.9M9.2 9.6v.6M14.8 9.6v.6" />,
  more: <path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth="2.6" />,
  chat: <path d="M5.5 5h13A1.75 1.75 0 0 1 20.25 6.75v8.5A1.75 1.75 0 0 1 18.5 17H11l-4.5 3.4V17h-1a1.75 1.75 0 0 1-1.75-1.75v-8.5A1.75 1.75 0 0 1 5.5 5Z" />,
  people: <path d="M9 11.2a3.1 3.1 0 1 0 0-6.2 3.1 3.1 0 0 0 0 6.2ZM3.4 19c.3-3 2.6-5 5.6-5s5.3 2 5.6 5M15.6 5.3a3 3 0 0 1 0 5.6M17 14.4c2 .7 3.3 2.3 3.6 4.6" />,
  grid: <path d="M5 4.75h5V10H4.75V5ZM14 4.75h5.25V10H14ZM4.75 14H10v5.25H4.75ZM14 14h5.25v5.25H14Z" />,
  speaker: <path d="M4.75 5h14.5v9.25H4.75ZM4.75 17.5h3.5v1.75h-3.5ZM10.25 17.5h3.5v1.75h-3.5ZM15.75 17.5h3.5v1.75h-3.5Z" />,
  pip: <path d="M10 18.5H5.5a1.75 1.75 0 0 1-1.75-1.75v-9A1.75 1.75 0 0 1 5.5 6h13a1.75 1.75 0 0 1 1.75 1.75V11M13 13.75h6.5a.75.75 0 0 1 .75.75v3.75a.75.75 0 0 1-.75.75H13a.75.75 0 0 1-.75-.75V14.5a.75.75 0 0 1 .75-.75Z" />,
  full: <path d="M4.75 9.25v-4.5h4.5M14.75 4.75h4.5v4.5M19.25 14.75v4.5h-4.5M9.25 19.25h-4.5v-4.5" />,
  keys: <path d="M5 6.75h14A1.75 1.75 0 0 1 20.75 8.5v7A1.75 1.75 0 0 1 19 17.25H5a1.75 1.75 0 0 1-1.75-1.75v-7A1.75 1.75 0 0 1 5 6.75ZM7 10.25h.01M10.3 10.25h.01M13.7 10.25h.01M17 10.25h.01M8.5 13.75h7" />,
  pin: <path d="M9 4.5h6l-.6 5.6 2.6 2.6v1.8H7v-1.8l2.6-2.6ZM12 14.5v5.5" />,
  down: <path d="M7.5 10l4.5 4.5 4.5-4.5" />,
  send: <path d="M4.5 12l15-7-5 15-3.2-6ZM11.3 14l8.2-9" />,
  settings: <path d="M4.75 8h8.5M17.25 8h2M4.75 16h2M10.75 16h8.5M15.25 5.9a2.1 2.1 0 1 0 0 4.2 2.1 2.1 0 0 0 0-4.2ZM8.75 13.9a2.1 2.1 0 1 0 0 4.2 2.1 2.1 0 0 0 0-4.2Z" />,
  check: <path d="M5.5 12.5l4.2 4.2 8.8-9.2" />,
  pen: <path d="M5 19l.9-3.900L15.700 5.300a1.700 1.700 0 0 1 2.400 0l.6.6a1.700 1.700 0 0 1 0 2.400L8.900 18.100ZM13.800 7.200l3 3" />,
  remove: <path d="M5 7h14M9.5 7V4.75h5V7M7 7l.8 12.25h8.4L17 7M10.5 10.5v5.25M13.5 10.5v5.25" />,
  cut: <path d="M6.75 5a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8ZM6.75 14.2a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8ZM8.7 8.9l10.8 8.1M8.7 15.1l10.8-8.1" />,
  like: <path d="M4.25 11h3v8.5h-3ZM7.25 11l3.6-6.6c1.5 0 2.3 1 2 2.5l-.5 2.6h5a1.7 1.7 0 0 1 1.7 2l-1.1 6.2a2 2 0 0 1-2 1.8H7.25Z" fill="#ffd27a" stroke="#8a5a00" strokeWidth="1.1" />,
  heart: <path d="M12 19.5C6.5 15.7 4 12.8 4 9.6 4 7.2 5.8 5.5 8 5.5c1.7 0 3.1.9 4 2.5.9-1.6 2.3-2.5 4-2.5 2.2 0 4 1.7 4 4.1 0 3.2-2.5 6.1-8 9.9Z" fill="#ff6b6b" stroke="#9b1c1c" strokeWidth="1.1" />,
  laugh: (
    <g stroke="#8a5a00" strokeWidth="1.2">
      <circle cx="12" cy="12" r="8.6" fill="#ffd27a" />
      <path d="M7.8 13h8.4c0 2.6-1.8 4.4-4.2 4.4S7.8 15.600 7.800 13Z" fill="#fff" />
      <path d="M7.600 9.700c.5-.9 1.900-.9 2.400 0M14 9.700c.5-.9 1.900-.9 2.400 0" />
    </g>
  ),
  party: (
    <g strokeWidth="1.3">
      <path d="M4.500 19.500l4-10.500 6.500 6.500Z" fill="#8ab0ff" stroke="#2747a0" />
      <path d="M13.500 9.500c.3-2.500 1.500-3.800 3.500-4M15.500 12c1.700-.9 3.300-.8 4.500.3M11 7.500V4.800" stroke="#ff6b6b" />
      <path d="M19.500 8.500h.01M14 4.500h.01M18.500 15.500h.01" stroke="#4ade9b" strokeWidth="2.4" />
    </g>
  ),
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
