// Tracks that ought to be in the take and are not: published, not muted, and still without a file.

package main

import "log/slog"

// recordedWithin is how long a track may be there without a file before that is told, in µs.
const recordedWithin = 10_000_000

// offered is what is known of a published track.
type offered struct {
	about published
	muted bool
	since int64 // µs: published or unmuted, or seen in a file last
	told  bool  // of its absence
}

// absence says why a track has no file; reason is empty when it has one.
type absence struct{ reason, detail string }

// check tells of each track that has had no file for too long; why is asked for the present.
func (p *people) check(now int64, why func(published) absence) {
	for _, person := range p.present {
		for _, track := range person.tracks {
			missing := absence{}
			if !track.muted {
				missing = why(track.about)
			}
			if missing.reason == "" {
				track.since, track.told = now, false
				continue
			}
			if track.told || now-track.since < recordedWithin {
				continue
			}
			track.told = true
			about := track.about
			slog.Warn("track not recorded", "participant", about.participant, "track", about.track,
				"kind", about.kind, "reason", missing.reason, "detail", missing.detail)
			p.take.events.write(&trackNotRecorded{
				happened("track_not_recorded"), about.participant, about.track, about.kind, missing.reason, missing.detail,
			})
		}
	}
}

// absent says why the subscription has no file.
func (s *subscription) absent() absence {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.file != nil:
		return absence{}
	case !s.rtp.started:
		return absence{"no_packets", "nothing was sent"}
	case s.about.kind == "video":
		return absence{"no_keyframe", "pictures were sent, but none that can be decoded by itself"}
	}
	return absence{"no_packets", "nothing was sent that holds sound"}
}

// absent says why a published track has no file.
func (r *room) absent(about published) absence {
	if r.people.refuses(about.participant) {
		return absence{}
	}
	if s := r.subscriptions[about.track]; s != nil {
		return s.absent()
	}
	if _, known := codecOf(about.mimeType); about.mimeType != "" && !known {
		return absence{"codec", about.mimeType}
	}
	return absence{"refused", "the engine did not hand the track over"}
}
