// An application as its authors write it for OpenTok: it knows nothing but the published types of @opentok/client.
import OT, { getDevices, initPublisher, initSession } from "@opentok/client";

interface Given {
  apiKey: string;
  sessionId: string;
  token: string;
  server: string;
}

type Entry = { what: string } & Record<string, unknown>;
type Control = HTMLElement & { value: string; href: string };

const log: Entry[] = [];
const say = (what: string, details: object = {}) => void log.push({ what, ...details });
const byId = (id: string) => document.getElementById(id) as Control;

let session: OT.Session;
let publisher: OT.Publisher;
const subscribers: OT.Subscriber[] = [];
const loudest = { publisher: 0, subscriber: 0 };

OT.on("exception", ({ code, title, message }) => say("exception", { code, title, message }));

async function start(role = "publisher") {
  const given = (await (await fetch(`/session?role=${role}`)).json()) as Given;
  OT.setProxyUrl(given.server);
  session = initSession(given.apiKey, given.sessionId, { connectionEventsSuppressed: true });
  listen();
  await session.connect.promise(given.token);
  publisher = await initPublisher.promise("publisher", {
    insertMode: "append",
    name: "Ann Example",
    resolution: "640x480",
    style: { nameDisplayMode: "on", buttonDisplayMode: "on", audioLevelDisplayMode: "on" },
  });
  publisher.on("audioLevelUpdated", ({ audioLevel }) => (loudest.publisher = Math.max(loudest.publisher, audioLevel)));
  publisher.on({
    muteForced: () => say("publisher.muteForced"),
    streamDestroyed: (event: { reason: string }) => say("publisher.streamDestroyed", { reason: event.reason }),
  });
  await session.publish.promise(publisher);
  await showDevices();
  byId("blur").hidden = !OT.hasMediaProcessorSupport("video");
  return { stream: publisher.stream?.streamId, connection: session.connection?.connectionId };
}

function listen() {
  session.on("streamCreated", async ({ stream }) => {
    const subscriber = session.subscribe(stream, "subscribers", { insertMode: "append", style: { nameDisplayMode: "on" } });
    subscribers.push(subscriber);
    subscriber.on("connected", () => say("subscriber.connected", { id: stream.streamId }));
    subscriber.on("audioLevelUpdated", ({ audioLevel }) => (loudest.subscriber = Math.max(loudest.subscriber, audioLevel)));
    subscriber.on("videoDisabled", ({ reason }) => say("videoDisabled", { reason }));
    subscriber.on("videoEnabled", ({ reason }) => say("videoEnabled", { reason }));
    subscriber.on("videoDimensionsChanged", ({ newValue }) => say("videoDimensionsChanged", newValue));
    subscriber.on("captionReceived", ({ caption, isFinal }) => say("caption", { caption, isFinal }));
    await subscriber.setCaptionsTranslationLanguage(null);
    await subscriber.setCaptionsTranslationLanguage(null);
  });
  session.on("streamDestroyed", ({ stream, reason }) => say("streamDestroyed", { id: stream.streamId, reason }));
  session.on("signal:chat", ({ data, from }) => say("chat", { data, from: from?.connectionId }));
  session.on("muteForced", (event) => say("muteForced", { active: Reflect.get(event, "active") as boolean })); // documented, not in the types
  session.on("connectionCreated", () => say("connectionCreated"));
  session.on("archiveStarted", ({ id, name }) => {
    say("archiveStarted", { id, name });
    byId("record").hidden = true;
    byId("stop").hidden = false;
    byId("stop").dataset["archive"] = id;
  });
  session.on("archiveStopped", ({ id }) => {
    say("archiveStopped", { id });
    byId("record").hidden = false;
    byId("stop").hidden = true;
    byId("film").hidden = false;
    byId("film").href = `/archive/${id}`;
  });
}

async function showDevices() {
  const cameras = (await getDevices()).filter(({ kind }) => kind === "videoInput");
  byId("cameras").replaceChildren(...cameras.map(({ deviceId, label }) => new Option(label, deviceId)));
  byId("cameras").value = publisher.getVideoSource().deviceId ?? "";
}

byId("cameras").onchange = () => publisher.setVideoSource(byId("cameras").value).then(() => say("camera", { id: publisher.getVideoSource().deviceId }));
byId("cycle").onclick = () => publisher.cycleVideo().then(({ deviceId }) => say("cycled", { id: deviceId }));
byId("blur").onclick = () => publisher.applyVideoFilter({ type: "backgroundBlur", blurStrength: "high" }).then(() => say("blurred", { filter: publisher.getVideoFilter()?.type }));
byId("record").onclick = () => fetch("/archive", { method: "POST" });
byId("stop").onclick = () => fetch(`/archive/${byId("stop").dataset["archive"]}/stop`, { method: "POST" });

/** The sum of the differences between neighbours: sharp pictures have much, blurred ones little. */
function sharpness(): number {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.drawImage(document.querySelector("#publisher video") as HTMLVideoElement, 0, 0, 320, 240);
  const { data } = pen.getImageData(0, 0, 320, 240);
  let sum = 0;
  for (let at = 4; at < data.length; at += 4) sum += Math.abs((data[at] ?? 0) - (data[at - 4] ?? 0));
  return sum;
}

function painted(): MediaStreamTrack {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  let turn = 0;
  setInterval(() => {
    pen.fillStyle = `hsl(${(turn += 7)} 80% 50%)`;
    pen.fillRect(0, 0, 640, 360);
  }, 50);
  return canvas.captureStream(20).getVideoTracks()[0] as MediaStreamTrack;
}

async function draw() {
  session.unpublish(publisher);
  const drawn = initPublisher("publisher", { insertMode: "append", videoSource: painted(), audioSource: null });
  await session.publish.promise(drawn);
  return drawn.stream?.streamId;
}

async function share() {
  const { supported } = await OT.checkScreenSharingCapability();
  const screen = initPublisher("publisher", { insertMode: "append", videoSource: "screen", videoContentHint: "text" });
  await session.publish.promise(screen);
  return { supported, id: screen.stream?.streamId };
}

/** From the microphone to a tone of 660 Hz and back, and what each was. */
async function retune() {
  const before = publisher.getAudioSource();
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 660 });
  const drain = context.createMediaStreamDestination();
  tone.connect(drain);
  tone.start();
  const track = drain.stream.getAudioTracks()[0] as MediaStreamTrack;
  await publisher.setAudioSource(track);
  const tuned = publisher.getAudioSource().id === track.id;
  await publisher.setAudioSource(before.getSettings().deviceId ?? before);
  return { tuned, back: publisher.getAudioSource().getSettings().deviceId === before.getSettings().deviceId };
}

async function loudspeakers() {
  const all = await OT.getAudioOutputDevices();
  const first = all[0]?.deviceId;
  if (first) await OT.setAudioOutputDevice(first);
  return { first, active: (await OT.getActiveAudioOutputDevice()).deviceId };
}

const stats = async () => ({ sent: (await publisher.getStats())[0]?.stats, received: await subscribers[0]?.getStats() });

const app = {
  log,
  loudest,
  start,
  stats,
  sharpness,
  draw,
  share,
  chat: (data: string) => session.signal({ type: "chat", data }),
  small: () => subscribers[0]?.setPreferredResolution({ width: 160, height: 120 }),
  video: (on: boolean) => publisher.publishVideo.promise(on),
  report: async () => (await publisher.getRtcStatsReport())[0]?.rtcStatsReport.size ?? 0,
  media: async () => (await OT.getUserMedia({ videoSource: null })).getTracks().map(({ kind }) => kind),
  retune,
  loudspeakers,
  slow: () => subscribers[0]?.setPreferredFrameRate(5),
  muteAll: () => session.forceMuteAll([]),
  mutesNobody: () => session.disableForceMute(),
  end: (id: string) => session.forceUnpublish(subscribers.find(({ stream }) => stream?.streamId === id)?.stream as OT.Stream),
  refused: () => session.forceDisconnect({ connectionId: "x", creationTime: 0, data: "" }).then(() => "", (error: OT.OTError) => error.name),
};
Object.assign(window, { app });
