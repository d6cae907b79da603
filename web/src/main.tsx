// Where the page begins.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
// Before every component, whose own rules come later and win.
import "@livekit/components-styles/components/participant";
import "./tokens.css";
import "./base.css";
import { App } from "./App";
import { tellOuterPage } from "./components/useOuterPage";
import { spoken } from "./texts";

// Before anything else: a frame that a browser refuses says nothing.
tellOuterPage("here", "loaded");

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
const shown = createRoot(root);
void spoken.then(() =>
  shown.render(
    <StrictMode>
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </StrictMode>,
  ),
);
