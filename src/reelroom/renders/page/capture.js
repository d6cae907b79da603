// Captures a tab, encodes what it shows, and hands pictures and sound to the program that opened this page.
// Runs in a page of our own; the page that is shown cannot reach it.

const state = { watched: false, keyframe: true, run: 0 };

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
  }
  return btoa(text);
}

window.setState = (watched, keyframe) => {
  if (watched && !state.watched) state.keyframe = true;
  state.watched = watched;
  state.keyframe ||= keyframe;
};

/** Capture the tab that Chromium was told to choose; resolves once it runs. */
window.capture = async (width, height, fps, bitrate, codec) => {
  const run = ++state.run;
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { width, height, frameRate: fps },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 2 },
    selfBrowserSurface: "exclude",
  });
  const [video] = stream.getVideoTracks();
  const [audio] = stream.getAudioTracks();
  let newest = null;
  let fresh = false;
  let encodedAt = 0;

  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      window.onPicture(base64(bytes), chunk.type === "key", chunk.timestamp);
    },
    error: (error) => window.onFailure(`the picture cannot be encoded: ${error.message}`),
  });
  encoder.configure({
    codec,
    width,
    height,
    bitrate,
    framerate: fps,
    latencyMode: "realtime",
    avc: { format: "annexb" },
  });

  // A page that stands still gives no new pictures: the newest is sent again, for those who come later.
  const encode = () => {
    const now = performance.now();
    if (!newest || !state.watched || encoder.state !== "configured" || encoder.encodeQueueSize > 2) return;
    if (!fresh && !state.keyframe && now - encodedAt < 500) return;
    const frame = new VideoFrame(newest, { timestamp: Math.round(now * 1000) });
    encoder.encode(frame, { keyFrame: state.keyframe });
    frame.close();
    state.keyframe = false;
    fresh = false;
    encodedAt = now;
  };
  const timer = setInterval(encode, 100);

  const watch = async () => {
    const reader = new MediaStreamTrackProcessor({ track: video }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || run !== state.run) {
        value?.close();
        break;
      }
      newest?.close();
      newest = value;
      fresh = true;
      encode();
    }
    clearInterval(timer);
    newest?.close();
    newest = null;
    encoder.close();
    stream.getTracks().forEach((track) => track.stop());
    if (run === state.run) window.onEnded();
  };

  const listen = async () => {
    const reader = new MediaStreamTrackProcessor({ track: audio }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || run !== state.run) {
        value?.close();
        break;
      }
      if (state.watched) {
        const count = value.numberOfFrames;
        const planes = new Float32Array(count * 2);
        for (const plane of [0, 1]) {
          const planeIndex = Math.min(plane, value.numberOfChannels - 1);
          value.copyTo(planes.subarray(plane * count, (plane + 1) * count), { planeIndex, format: "f32-planar" });
        }
        window.onSound(base64(new Uint8Array(planes.buffer)), value.sampleRate);
      }
      value.close();
    }
  };

  watch();
  if (audio) listen();
};
