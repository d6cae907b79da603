// What happens to one's own camera and microphone without one's doing: unplugged, turned off by somebody else, off while one talks.
import { RoomEvent, Track, TrackEvent, type LocalTrackPublication, type Participant, type Room, type TrackPublication } from "livekit-client";
import { texts } from "../texts";
import { MutedTalk } from "./MutedTalk";
import { rawTrack } from "./rawTracks";
import type { Toaster } from "./Toaster";

const KINDS = { [Track.Source.Camera]: "camera", [Track.Source.Microphone]: "microphone" } as const;
type Source = keyof typeof KINDS;

const isOwn = (source: Track.Source): source is Source => source in KINDS;

export class OwnDevices {
  /** True while the microphone goes off because of the person themselves. */
  muting = false;
  private readonly lost = new Set<Source>();
  private readonly mutedTalk: MutedTalk;

  constructor(
    room: Room,
    private readonly toaster: Toaster,
    leaving: AbortSignal,
  ) {
    this.mutedTalk = new MutedTalk(() => toaster.show("info", texts.call.mutedTalk));
    room
      .on(RoomEvent.LocalTrackPublished, this.onPublished)
      .on(RoomEvent.LocalTrackUnpublished, ({ source }) => {
        if (source === Track.Source.Microphone) this.mutedTalk.stop();
      })
      .on(RoomEvent.TrackMuted, this.onMuted)
      .on(RoomEvent.TrackUnmuted, this.onUnmuted);
    leaving.addEventListener("abort", () => this.mutedTalk.stop());
  }

  private onPublished = ({ source, track }: LocalTrackPublication): void => {
    // The library tries the next device; only where there is none the track goes off.
    if (isOwn(source)) track?.on(TrackEvent.Ended, () => this.lost.add(source));
  };

  private onMuted = (publication: TrackPublication, participant: Participant): void => {
    const { source, track } = publication;
    if (!participant.isLocal || !isOwn(source)) return;
    const isLost = this.lost.delete(source) || (track && rawTrack(track).readyState === "ended");
    if (isLost) {
      if (!this.muting) this.toaster.show("error", texts.devices.lost[KINDS[source]]);
    } else if (source === Track.Source.Microphone) {
      if (!this.muting) this.toaster.show("info", texts.call.mutedByOther);
      if (track) this.mutedTalk.listen(rawTrack(track));
    }
  };

  private onUnmuted = ({ source }: TrackPublication, participant: Participant): void => {
    if (!participant.isLocal || !isOwn(source)) return;
    this.lost.delete(source);
    if (source === Track.Source.Microphone) this.mutedTalk.stop();
  };
}
