// How loud a track is, for those who listen to `audioLevelUpdated`.

const EVERY_MS = 50;

let shared: AudioContext | undefined;

/** Browsers start audio only when somebody has touched the page. */
const GESTURES = ["pointerdown", "keydown"] as const;

export function audioContext(): AudioContext {
  if (!shared) {
    const context = (shared = new AudioContext());
    const resume = () => void context.resume();
    for (const gesture of GESTURES) addEventListener(gesture, resume, { capture: true });
    context.onstatechange = () => {
      if (context.state === "running") for (const gesture of GESTURES) removeEventListener(gesture, resume, { capture: true });
    };
  }
  return shared;
}

/** The loudest sample, 0 to 1. */
export function peak(samples: Float32Array): number {
  let most = 0;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return Math.min(1, most);
}

/** Tells the level of whatever track there is, some 20 times a second, until it is stopped. */
export class Level {
  private track: MediaStreamTrack | undefined;
  private source: MediaStreamAudioSourceNode | undefined;
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly current: () => MediaStreamTrack | undefined,
    private readonly tell: (level: number) => void,
  ) {
    // At 48 kHz, 4096 samples are 85 ms: nothing between two looks is missed.
    this.analyser = new AnalyserNode(audioContext(), { fftSize: 4096 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.source?.disconnect();
  }

  private look(): void {
    const track = this.current();
    if (track !== this.track) this.follow(track);
    if (!track || audioContext().state !== "running") return;
    this.analyser.getFloatTimeDomainData(this.samples);
    this.tell(peak(this.samples));
  }

  private follow(track: MediaStreamTrack | undefined): void {
    this.source?.disconnect();
    this.track = track;
    this.source = track && new MediaStreamAudioSourceNode(audioContext(), { mediaStream: new MediaStream([track]) });
    this.source?.connect(this.analyser);
  }
}
