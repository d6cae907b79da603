// Which page belongs to which address.
import { useEffect } from "react";
import { Route, Routes } from "react-router";
import { CallPage } from "./pages/CallPage";
import { EndPage } from "./pages/EndPage";
import { HomePage } from "./pages/HomePage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RecorderPage } from "./pages/RecorderPage";
import { useSignal } from "./components/hooks";
import { language } from "./texts";

export function App() {
  // Another language shows everything anew, and nothing is lost by it: see texts.ts.
  const spoken = useSignal(language);
  useEffect(() => {
    document.documentElement.lang = spoken;
  }, [spoken]);
  return (
    <Routes>
      <Route path="/" element={<HomePage />} />
      {/* "recorder" comes before a room's name: the router prefers fixed words to parameters. */}
      <Route path="/room/recorder/:roomName" element={<RecorderPage />} />
      <Route path="/room/:roomName" element={<CallPage />} />
      <Route path="/room/:roomName/:sessionId/end" element={<EndPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
