// An address for the camera of a telephone.
import encodeQR from "qr";

interface QrCodeProps {
  text: string;
  label: string;
}

/** Light all around, as readers need it. */
const MARGIN = 3;

export default function QrCode({ text, label }: QrCodeProps) {
  const rows = encodeQR(text, "raw", { border: MARGIN });
  const dark = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : "")));
  return (
    <svg className="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label} shapeRendering="crispEdges" data-testid="qr">
      <rect width="100%" height="100%" fill="#fff" />
      <path d={dark.join("")} fill="#000" />
    </svg>
  );
}
