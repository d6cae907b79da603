// Which page belongs to which address.
import { lazy, useLayoutEffect } from "react";
import { Route, Routes } from "react-router";
import { useObservable } from "./components/hooks";
import { Later } from "./components/Later";
import { CallPage } from "./pages/CallPage";
import { HomePage } from "./pages/HomePage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { directionOf, language } from "./texts";

const RecorderPage = lazy(() => import("./pages/RecorderPage"));
const EndPage = lazy(() => import("./pages/EndPage"));
const RecordingsPage = lazy(() => import("./pages/RecordingsPage"));
const FilmPage = lazy(() => import("./pages/FilmPage"));
const AdminPage = lazy(() => import("./pages/AdminPage"));

export function App() {
  // Another language shows everything anew, and nothing is lost by it: see texts.ts.
  const spoken = useObservable(language);
  useLayoutEffect(() => {
    document.documentElement.lang = spoken;
    document.documentElement.dir = directionOf(spoken);
  }, [spoken]);
  return (
    <Later>
      <Routes>
        <Route path="/" element={<HomePage />} />
        {/* "recorder" comes before a room's name: the router prefers fixed words to parameters. */}
        <Route path="/room/recorder/:roomName" element={<RecorderPage />} />
        <Route path="/room/:roomName" element={<CallPage />} />
        <Route path="/room/:roomName/:sessionId/end" element={<EndPage />} />
        <Route path="/recordings" element={<RecordingsPage />} />
        <Route path="/film" element={<FilmPage />} />
        <Route path="/film/:filmId" element={<FilmPage />} />
        <Route path="/admin" element={<AdminPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </Later>
  );
}
