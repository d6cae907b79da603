// An application of the kind that records with the cloud: a room, a button, and a recorder page of its own that is
// rendered into a session of its own, which is archived. Written against the Node SDK's documentation alone.

const express = require("express");
const OpenTok = require("opentok");

const [key, secret, apiUrl, port] = process.argv.slice(2);
const opentok = new OpenTok(key, secret, apiUrl);
const app = express();
const self = `http://127.0.0.1:${port}`;
let room = "";
let render = null;
const callbacks = [];

const call = (method, ...args) =>
  new Promise((resolve, reject) =>
    opentok[method](...args, (error, value) => (error ? reject(error) : resolve(value))),
  );

const page = (script) => `<!doctype html><title>An application</title>
<style>body { margin: 0; background: white } #videos { display: flex; height: 100vh } #videos > div { flex: 1 }</style>
<div id="videos"></div>
<script src="${apiUrl}/opentok-compat/opentok.js"></script>
<script>${script}</script>`;

const SHOW = `
const show = (session) => session.on("streamCreated", ({ stream }) =>
  session.subscribe(stream, "videos", { insertMode: "append", width: "100%", height: "100%" }));
const enter = async (then) => {
  const { apiKey, sessionId, token } = await (await fetch("/session")).json();
  window.session = OT.initSession(apiKey, sessionId);
  show(session);
  session.connect(token, (error) => error ? console.error(error) : then());
};`;

// Each comes with a colour and a tone, so that a film tells who is in it.
const ROOM = `${SHOW}
const [colour, tone] = [new URLSearchParams(location.search).get("colour"), Number(new URLSearchParams(location.search).get("tone"))];
const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
const pen = canvas.getContext("2d");
let n = 0;
setInterval(() => {
  pen.fillStyle = colour; pen.fillRect(0, 0, 320, 240);
  pen.fillStyle = "white"; pen.fillRect((n += 6) % 300, 210, 20, 20);
}, 50);
const sound = new AudioContext();
const out = sound.createMediaStreamDestination();
const voice = new OscillatorNode(sound, { frequency: tone });
voice.connect(new GainNode(sound, { gain: 0.3 })).connect(out);
voice.start();
window.told = [];
enter(() => {
  session.on("signal:archiveStarted", ({ data }) => told.push({ data, after: performance.now() - window.clicked }));
  const publisher = OT.initPublisher("videos", {
    insertMode: "append", name: colour, videoSource: canvas.captureStream(15).getVideoTracks()[0],
    audioSource: out.stream.getAudioTracks()[0],
  });
  session.publish(publisher, (error) => { window.ready = !error; });
});
window.record = () => { window.clicked = performance.now(); fetch("/record", { method: "POST" }); };`;

app.use(express.json());
app.get("/room", (_, answer) => answer.send(page(ROOM)));
app.get("/recorder", (_, answer) => answer.send(page(`${SHOW} enter(() => {});`)));

app.get("/session", (_, answer) =>
  answer.json({ apiKey: key, sessionId: room, token: opentok.generateToken(room, { role: "publisher" }) }),
);

app.post("/record", async (_, answer) => {
  const { sessionId } = await call("createSession", { mediaMode: "routed" });
  const token = opentok.generateToken(sessionId, { role: "publisher" });
  const statusCallbackUrl = `${self}/callback`;
  render = await call("startRender", { sessionId, token, url: `${self}/recorder`, resolution: "1280x720", statusCallbackUrl });
  answer.json(render);
});

app.post("/callback", async ({ body }, answer) => {
  answer.sendStatus(200);
  callbacks.push(body.status);
  if (body.status !== "started" || callbacks.filter((each) => each === "started").length > 1) return;
  const archive = await call("startArchive", body.sessionId, { name: "the application's", resolution: "1280x720" });
  await call("signal", room, null, { type: "archiveStarted", data: `${archive.id}:${body.sessionId}` });
});

app.get("/callbacks", (_, answer) => answer.json(callbacks));

app.post("/stop/:archive", async ({ params }, answer) => {
  const archive = await call("stopArchive", params.archive);
  await call("stopRender", render.id);
  answer.json(archive);
});

app.get("/archives", async (_, answer) =>
  answer.json(await call("listArchives", { sessionId: render.sessionId, offset: 0, count: 10 })),
);

app.listen(Number(port), "127.0.0.1", async () => {
  room = (await call("createSession", { mediaMode: "routed" })).sessionId;
  process.stdout.write(`${self}\n`);
});
