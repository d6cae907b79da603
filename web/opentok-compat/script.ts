// `window.OT`: what a page written for OpenTok's JavaScript SDK calls, in the place of that SDK's script.
import * as OT from "./OT";

/** The server that this script came from; it can be asked for only while the script runs for the first time. */
const script = document.currentScript;
if (script instanceof HTMLScriptElement && script.src) OT.setProxyUrl(new URL(script.src).origin);

// A plain object, which applications may spread and add to.
Object.assign(window, { OT: { ...OT } });
