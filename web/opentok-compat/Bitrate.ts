// How much a picture may take: a limit over all the layers that the engine chose.
import type { LocalVideoTrack } from "livekit-client";
import type { VideoBitratePreset, VideoBitratePresetInput } from "./contract/properties";
import { limited, presetBitrate } from "./sending";

export class Bitrate {
  preset: VideoBitratePreset = "default";
  private most: number | undefined; // bits a second
  private usual: number[] = [];

  constructor(private readonly track: () => LocalVideoTrack | undefined) {}

  /** Bits a second that are sent at most; 0 before anything is. */
  get limit(): number {
    return this.most ?? this.usual.reduce((all, each) => all + each, 0);
  }

  async limitTo(most: number): Promise<void> {
    [this.preset, this.most] = ["custom", most];
    await this.apply();
  }

  async choose(preset: VideoBitratePresetInput): Promise<void> {
    this.preset = preset;
    this.most = preset === "default" ? undefined : presetBitrate(this.usual, preset);
    await this.apply();
  }

  /** The track has been published: what the engine chose is what a preset is a share of. */
  async published(): Promise<void> {
    const encodings = this.track()?.sender?.getParameters().encodings ?? [];
    this.usual = encodings.map(({ maxBitrate = 0 }) => maxBitrate);
    if (this.preset !== "custom") return await this.choose(this.preset);
    await this.apply();
  }

  private async apply(): Promise<void> {
    const sender = this.track()?.sender;
    if (!sender || this.usual.length === 0) return; // applied when there is one
    const parameters = sender.getParameters();
    const rates = this.most === undefined ? this.usual : limited(this.usual, this.most);
    parameters.encodings.forEach((encoding, at) => {
      if (rates[at]) encoding.maxBitrate = rates[at];
    });
    await sender.setParameters(parameters);
  }
}
