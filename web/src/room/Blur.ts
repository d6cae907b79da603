/// <reference types="dom-mediacapture-transform" />
// The camera with its background blurred or replaced: MediaPipe finds the person, a canvas paints what is behind them.
import type { SelfieSegmentation } from "@mediapipe/selfie_segmentation";
import type { Track, TrackProcessor, VideoProcessorOptions } from "livekit-client";

/** Where the build puts MediaPipe's own files; they are large, and loaded only when somebody wants them. */
const FILES = "/assets/blur/";
/** The smaller one of its two models, for landscape pictures. */
const LANDSCAPE = 1;
/** Pixels, at any size of the picture: faces behind stay unknown at 360p as at 720p. */
const BLUR_PX = 14;

let library: Promise<typeof SelfieSegmentation> | null = null;

export interface Background {
  /** Where MediaPipe's files are, with a slash at the end. */
  files?: string;
  blur?: number; // pixels
  /** In the place of what is there. */
  image?: HTMLImageElement;
}

/** MediaPipe comes as a script that leaves its class in the window. */
function load(files: string): Promise<typeof SelfieSegmentation> {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${files}selfie_segmentation.js`;
    script.onload = () => resolve((window as unknown as { SelfieSegmentation: typeof SelfieSegmentation }).SelfieSegmentation);
    script.onerror = () => {
      library = null;
      reject(new Error("The background cannot be blurred: a part of the page did not load."));
    };
    document.head.append(script);
  });
  return library;
}

export class Blur implements TrackProcessor<Track.Kind.Video> {
  readonly name = "blur";
  processedTrack?: MediaStreamVideoTrack;
  /** The camera's own track, while this runs. */
  source?: MediaStreamTrack;
  private segmentation: SelfieSegmentation | null = null;
  private stopping = new AbortController();

  constructor(private readonly background: Background = {}) {}

  async init({ track }: VideoProcessorOptions): Promise<void> {
    this.source = track;
    const { files = FILES } = this.background;
    const Segmentation = await load(files);
    const segmentation = new Segmentation({ locateFile: (file) => files + file });
    segmentation.setOptions({ modelSelection: LANDSCAPE });
    await segmentation.initialize();
    this.segmentation = segmentation;
    this.run(segmentation, track as MediaStreamVideoTrack);
  }

  async restart(options: VideoProcessorOptions): Promise<void> {
    await this.destroy();
    this.stopping = new AbortController();
    await this.init(options);
  }

  async destroy(): Promise<void> {
    this.stopping.abort();
    this.processedTrack?.stop();
    await this.segmentation?.close();
    this.segmentation = null;
  }

  private run(segmentation: SelfieSegmentation, track: MediaStreamVideoTrack): void {
    const { signal } = this.stopping;
    const generator = new MediaStreamTrackGenerator({ kind: "video" });
    const painter = new Painter(segmentation, this.background);
    const blurred = new TransformStream<VideoFrame, VideoFrame>({
      async transform(frame, controller) {
        try {
          controller.enqueue(await painter.paint(frame));
        } finally {
          frame.close();
        }
      },
    });
    // It ends when the camera does, or with `signal`: nobody is to hear of that.
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
    readable.pipeThrough(blurred, { signal }).pipeTo(generator.writable, { signal }).catch(() => undefined);
    this.processedTrack = generator;
  }
}

class Painter {
  private readonly input = document.createElement("canvas");
  private readonly output = document.createElement("canvas");
  private mask: CanvasImageSource | null = null;

  constructor(
    private readonly segmentation: SelfieSegmentation,
    private readonly background: Background,
  ) {
    segmentation.onResults(({ segmentationMask }) => {
      this.mask = segmentationMask;
    });
  }

  async paint(frame: VideoFrame): Promise<VideoFrame> {
    const { displayWidth: width, displayHeight: height } = frame;
    for (const canvas of [this.input, this.output]) {
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
    this.input.getContext("2d")?.drawImage(frame, 0, 0, width, height);
    await this.segmentation.send({ image: this.input });
    const context = this.output.getContext("2d");
    if (context && this.mask) {
      context.globalCompositeOperation = "copy";
      context.filter = "none";
      context.drawImage(this.mask, 0, 0, width, height);
      context.globalCompositeOperation = "source-in"; // the person
      context.drawImage(this.input, 0, 0);
      context.globalCompositeOperation = "destination-over"; // and behind them
      this.paintBackground(context, width, height);
    }
    return new VideoFrame(this.output, { timestamp: frame.timestamp });
  }

  private paintBackground(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { image, blur = BLUR_PX } = this.background;
    if (image) {
      const scale = Math.max(width / image.naturalWidth, height / image.naturalHeight);
      const [wide, high] = [image.naturalWidth * scale, image.naturalHeight * scale];
      context.drawImage(image, (width - wide) / 2, (height - high) / 2, wide, high);
      return;
    }
    context.filter = `blur(${blur}px)`;
    // A little larger: beyond its edges there is nothing, and that would darken them.
    const more = 2 * blur;
    context.drawImage(this.input, -more, -more, width + 2 * more, height + 2 * more);
  }
}
