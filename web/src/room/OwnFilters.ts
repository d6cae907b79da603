// What this person wants done to their picture and sound, in the middle of a call.
import { LocalAudioTrack, LocalVideoTrack, RoomEvent, Track, type LocalTrackPublication, type Room } from "livekit-client";
import { texts } from "../texts";
import type { Background } from "./backgrounds";
import { backgroundFilter, canDenoise, setBackground, setDenoise } from "./filters";
import { rememberChoices, rememberedChoices } from "./memory";
import type { Toaster } from "./Toaster";

export class OwnFilters {
  constructor(
    private readonly room: Room,
    private readonly toaster: Toaster,
  ) {
    room.on(RoomEvent.LocalTrackPublished, this.onPublished);
  }

  background = (): Background => rememberedChoices().background;

  denoises = (): boolean => rememberedChoices().denoise;

  setBackground = async (background: Background): Promise<void> => {
    rememberChoices({ background });
    const camera = this.room.localParticipant.getTrackPublication(Track.Source.Camera)?.track;
    if (camera instanceof LocalVideoTrack && !(await setBackground(camera, background))) this.toaster.show("error", texts.filters.noBackground);
  };

  setDenoise = async (on: boolean): Promise<void> => {
    rememberChoices({ denoise: on });
    const microphone = this.room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
    if (microphone instanceof LocalAudioTrack && !(await setDenoise(microphone, on))) this.toaster.show("error", texts.filters.noDenoise);
  };

  /** For a camera that was off from the start: nobody is to see it without. */
  async forCamera(): Promise<{ processor?: Awaited<ReturnType<typeof backgroundFilter>> }> {
    if (this.room.localParticipant.getTrackPublication(Track.Source.Camera)) return {};
    const processor = await backgroundFilter(this.background()).catch(() => {
      this.toaster.show("error", texts.filters.noBackground);
      return undefined;
    });
    return processor ? { processor } : {};
  }

  // Publishing takes away what was done to a sound before; a connection that was lost publishes anew.
  private onPublished = ({ source, track }: LocalTrackPublication): void => {
    if (source !== Track.Source.Microphone || !(track instanceof LocalAudioTrack) || track.getProcessor()) return;
    if (this.denoises() && canDenoise()) void this.setDenoise(true);
  };
}
