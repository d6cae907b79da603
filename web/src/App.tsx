// Which page belongs to which address.
import { Route, Routes } from "react-router";
import { CallPage } from "./pages/CallPage";
import { EndPage } from "./pages/EndPage";
import { HomePage } from "./pages/HomePage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RecorderPage } from "./pages/RecorderPage";

export function App() {
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
