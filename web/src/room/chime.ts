// Short tones: to hear whether the speaker is the right one, and of what happens.

const TONES = [660, 880];
const LONG_S = 0.28;
const LOUD = 0.25;

/** Resolves once it has been heard; rejects if the speaker does not play. */
export async function chime(speakerId: string | null, tones: readonly number[] = TONES): Promise<void> {
  const context = new AudioContext();
  try {
    const stream = context.createMediaStreamDestination();
    const player = new Audio();
    player.srcObject = stream.stream;
    // An element can be sent to any speaker; a context can be in some browsers only.
    if (speakerId !== null && "setSinkId" in player) await player.setSinkId(speakerId);
    await player.play();
    const from = context.currentTime + 0.05;
    await Promise.all(tones.map((tone, n) => sound(context, stream, tone, from + n * LONG_S)));
  } finally {
    await context.close();
  }
}

function sound(context: AudioContext, to: AudioNode, tone: number, at: number): Promise<void> {
  const oscillator = new OscillatorNode(context, { frequency: tone });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUD, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + LONG_S);
  oscillator.connect(gain).connect(to);
  oscillator.start(at);
  oscillator.stop(at + LONG_S);
  return new Promise((resolve) => oscillator.addEventListener("ended", () => resolve()));
}
