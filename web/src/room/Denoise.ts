// A microphone without the noise around it: RNNoise tells voices from the rest, in the browser's own thread for sound.
import { loadRnnoise, RnnoiseWorkletNode } from "@sapphi-red/web-noise-suppressor";
import plainUrl from "@sapphi-red/web-noise-suppressor/rnnoise.wasm?url";
import simdUrl from "@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url";
import workletUrl from "@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url";
import type { AudioProcessorOptions, Track, TrackProcessor } from "livekit-client";

/** What RNNoise was taught with: the browser resamples. */
const RATE = 48_000;

export class Denoise implements TrackProcessor<Track.Kind.Audio, AudioProcessorOptions> {
  readonly name = "denoise";
  processedTrack?: MediaStreamTrack;
  /** The microphone's own track, while this runs. */
  source?: MediaStreamTrack;
  private node: RnnoiseWorkletNode | null = null;

  /** What goes in comes out without noise. */
  static async node(context: AudioContext): Promise<RnnoiseWorkletNode> {
    const wasmBinary = await loadRnnoise({ url: plainUrl, simdUrl });
    await context.audioWorklet.addModule(workletUrl);
    return new RnnoiseWorkletNode(context, { maxChannels: 1, wasmBinary });
  }

  /** `context`: one that runs; a suspended one would send silence. */
  constructor(private readonly context: AudioContext) {}

  // LiveKit's own context may have another rate, and comes and goes with the room.
  async init({ track }: AudioProcessorOptions): Promise<void> {
    this.source = track;
    this.node = await Denoise.node(this.context);
    const sent = this.context.createMediaStreamDestination();
    sent.channelCount = 1;
    this.context.createMediaStreamSource(new MediaStream([track])).connect(this.node).connect(sent);
    [this.processedTrack] = sent.stream.getAudioTracks();
  }

  async restart(options: AudioProcessorOptions): Promise<void> {
    this.end();
    await this.init(options);
  }

  async destroy(): Promise<void> {
    this.end();
    await this.context.close();
  }

  private end(): void {
    this.processedTrack?.stop();
    this.node?.disconnect();
    this.node?.destroy();
    this.node = null;
  }
}

/** A context that runs; browsers start none before somebody has touched the page. */
export async function soundContext(): Promise<AudioContext> {
  const context = new AudioContext({ sampleRate: RATE });
  if (context.state === "running") return context;
  const touched = ["pointerdown", "keydown"] as const;
  const resume = () => void context.resume();
  for (const touch of touched) addEventListener(touch, resume, { capture: true });
  await context.resume();
  for (const touch of touched) removeEventListener(touch, resume, { capture: true });
  return context;
}
