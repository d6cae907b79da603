// How large a picture may be: whoever sends it only claims a size, and a decoder would make room for it.

package main

import (
	"fmt"
	"log/slog"
)

// mostPixels is the largest picture that a take holds: 4096x4096, or a screen of 5120x2880.
const mostPixels = 4096 * 4096

func tooLarge(width, height int) bool { return width*height > mostPixels }

// admit says whether a frame may be written. After a keyframe that is too large nothing can be, until another one.
func (s *subscription) admit(f frame) bool {
	if tooLarge(f.width, f.height) {
		if !s.refusing {
			detail := fmt.Sprintf("%dx%d", f.width, f.height)
			slog.Warn("picture too large", "track", s.about.track, "participant", s.about.participant, "size", detail)
			s.take.events.write(&trackNotRecorded{
				happened("track_not_recorded"), s.about.participant, s.about.track, s.about.kind, "too_large", detail,
			})
		}
		s.refusing = true
	} else if f.keyframe {
		s.refusing = false
	}
	return !s.refusing
}
