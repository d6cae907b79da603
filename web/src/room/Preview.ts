// The look into one's own camera and microphone before joining.
import { LocalAudioTrack, LocalVideoTrack, Room, type LocalTrack } from "livekit-client";
import { devicesAllowed, devicesGranted, openDevices, stopTracks } from "./devices";
import { rememberChoices, rememberedChoices, type Choices } from "./memory";
import { Observable } from "./Observable";

export interface PreviewState {
  choices: Choices;
  /** Whether the devices were asked for: before that none is opened, and the browser asks nobody. */
  asked: boolean;
  opening: boolean;
  camera: LocalVideoTrack | null;
  microphone: LocalAudioTrack | null;
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
  /** A sentence that says what does not work. */
  problem: string | null;
}

export class Preview {
  readonly state = new Observable<PreviewState>({
    choices: rememberedChoices(),
    asked: false,
    opening: false,
    camera: null,
    microphone: null,
    cameras: [],
    microphones: [],
    problem: null,
  });
  private tracks: LocalTrack[] = [];
  /** Counts the attempts: only the latest one may change anything. */
  private attempt = 0;

  /** `willing`: to open at once what the browser gives without a question. */
  start(willing: boolean): void {
    // Where there are none for this page, it says so at once.
    if (!devicesAllowed()) void this.open();
    else if (willing) {
      const attempt = this.attempt;
      void devicesGranted().then((granted) => {
        if (granted && attempt === this.attempt) void this.open();
      });
    }
    if (devicesAllowed()) navigator.mediaDevices.addEventListener("devicechange", this.onChange);
  }

  stop(): void {
    this.attempt++;
    if (devicesAllowed()) navigator.mediaDevices.removeEventListener("devicechange", this.onChange);
    stopTracks(this.tracks);
    this.tracks = [];
  }

  choose(change: Partial<Choices>): void {
    const choices = { ...this.state.get().choices, ...change };
    rememberChoices(choices);
    this.patch({ choices });
    // Sound is filtered as it is sent.
    if (change.denoise !== undefined) return;
    // A speaker is not opened before there is something to hear, nor anything to be told that it is to stay off.
    const off = change.camera === false || change.microphone === false;
    if (change.speakerId === undefined && (this.state.get().asked || !off)) void this.open();
  }

  /** Opens what is wanted; the browser may ask. */
  open = async (): Promise<void> => {
    const attempt = ++this.attempt;
    this.patch({ asked: true, opening: true });
    stopTracks(this.tracks);
    this.tracks = [];
    const { tracks, problem } = await openDevices(this.state.get().choices);
    if (attempt !== this.attempt) return stopTracks(tracks);
    this.tracks = tracks;
    this.patch({
      opening: false,
      problem,
      camera: tracks.find((track): track is LocalVideoTrack => track instanceof LocalVideoTrack) ?? null,
      microphone: tracks.find((track): track is LocalAudioTrack => track instanceof LocalAudioTrack) ?? null,
    });
    await this.list();
  };

  private patch(change: Partial<PreviewState>): void {
    this.state.set({ ...this.state.get(), ...change });
  }

  private onChange = (): void => void this.list();

  private async list(): Promise<void> {
    if (!devicesAllowed()) return;
    const attempt = this.attempt;
    // Without asking for rights again: whoever refused once is not to be asked at each change.
    const [cameras, microphones] = await Promise.all([
      Room.getLocalDevices("videoinput", false),
      Room.getLocalDevices("audioinput", false),
    ]).catch((): MediaDeviceInfo[][] => [[], []]);
    if (attempt !== this.attempt) return;
    const named = (devices: MediaDeviceInfo[] = []) => devices.filter((device) => device.deviceId !== "");
    this.patch({ cameras: named(cameras), microphones: named(microphones) });
  }
}
