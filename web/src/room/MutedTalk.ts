// Whether somebody talks while their microphone is off: they are told, and nobody hears them.

/** How loud (RMS, 0 to 1) a microphone is near which somebody talks. */
const LOUD = 0.02;
const LOOK_MS = 100;
/** Of so many looks in a row most are loud where somebody talks: a door or a cough is shorter. */
const LOOKS = 12;
const MOST = 8;
/** Told once, not again for so long. */
const REST_MS = 30_000;

/** Looks at levels, one each LOOK_MS; pure. */
export class Talk {
  private loud: boolean[] = [];
  private restUntil = -Infinity;

  /** Whether a person is to be told now (ms) that nobody hears them. */
  add(level: number, now: number): boolean {
    this.loud = [...this.loud, level > LOUD].slice(-LOOKS);
    if (now < this.restUntil || this.loud.filter(Boolean).length < MOST) return false;
    this.loud = [];
    this.restUntil = now + REST_MS;
    return true;
  }
}

export class MutedTalk {
  private readonly talk = new Talk();
  private stopListening: (() => void) | null = null;

  constructor(private readonly onTalk: () => void) {}

  /** Listen to a microphone that is off; what is heard goes nowhere. */
  listen(microphone: MediaStreamTrack): void {
    this.stop();
    if (microphone.readyState !== "live") return;
    const own = microphone.clone();
    own.enabled = true; // a clone of what is off is off, too
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(new MediaStream([own])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      if (this.talk.add(level, performance.now())) this.onTalk();
    }, LOOK_MS);
    this.stopListening = () => {
      clearInterval(timer);
      own.stop();
      void context.close();
    };
  }

  stop(): void {
    this.stopListening?.();
    this.stopListening = null;
  }
}
