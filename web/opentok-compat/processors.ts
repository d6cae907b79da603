// What happens to pictures and sound between device and network: an application's own connectors, and backgrounds.
import { Track, type AudioProcessorOptions, type TrackProcessor, type VideoProcessorOptions } from "livekit-client";
import { Blur } from "../src/room/Blur";
import type { MediaProcessorConnector, VideoFilter } from "./contract/properties";
import { OTError } from "./errors";

/** Pixels of blur: OpenTok's `low` and `high`. */
const BLUR_PX = { low: 8, high: 18 };

type Kind = Track.Kind.Audio | Track.Kind.Video;
type Options = VideoProcessorOptions | AudioProcessorOptions;

/** The processor of a filter; MediaPipe's files are the server's. Raises OTError for one that OpenTok does not know. */
export async function backgroundOf(filter: VideoFilter, server: string): Promise<Blur> {
  const files = `${server}/assets/blur/`;
  switch (filter.type) {
    case "backgroundBlur":
      return new Blur({ files, blur: BLUR_PX[filter.blurStrength ?? "high"] });
    case "backgroundReplacement":
      return new Blur({ files, image: await load(filter.backgroundImgUrl) });
    default:
      throw new OTError("OT_INVALID_PARAMETER", "A video filter is a backgroundBlur or a backgroundReplacement");
  }
}

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.crossOrigin = "anonymous"; // what is drawn must be readable again
  image.src = url;
  await image.decode().catch(() => {
    throw new OTError("OT_INVALID_PARAMETER", `The background ${url} cannot be loaded`);
  });
  return image;
}

/** An application's connector as LiveKit's processor; `source` is the track before it. */
export class Connected implements TrackProcessor<Kind, Options> {
  readonly name = "connector";
  source?: MediaStreamTrack;
  processedTrack?: MediaStreamTrack;

  constructor(private readonly connector: MediaProcessorConnector) {}

  async init({ track }: Options): Promise<void> {
    this.source = track;
    this.processedTrack = await this.connector.setTrack(track);
  }

  async restart(options: Options): Promise<void> {
    await this.init(options);
  }

  async destroy(): Promise<void> {
    await this.connector.destroy();
  }
}
