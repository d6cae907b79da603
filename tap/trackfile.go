// One file under tracks/: opened with its first frame, closed with its last.

package main

import "os"

type trackFile struct {
	name    string // within the take
	file    *os.File
	blocks  *matroska
	private []byte
	timing  timing
	ticks   int64 // of the last frame
	frames  int
}

// openFile makes the file of which f is the first frame.
func (s *subscription) openFile(f frame, whole, arrived int64) error {
	file, name, err := s.take.newTrackFile(s.about.track)
	if err != nil {
		return err
	}
	audio := s.about.kind == "audio"
	blocks, err := newMatroska(file, trackSpec{
		codecID: s.codec.codecID, private: f.private, audio: audio, width: f.width, height: f.height,
	})
	if err != nil {
		return err
	}
	s.file = &trackFile{
		name: name, file: file, blocks: blocks, private: f.private,
		timing: startTiming(s.rtp.rate, whole, arrived),
	}
	s.file.timing.see(whole, arrived)
	// What was lost before the first frame is no gap in this file.
	s.lossPending, s.lost = false, 0

	channels := 0
	if audio {
		channels = opusChannels
	}
	s.take.events.write(&fileOpened{
		header{At: arrived, Event: "file_opened"}, name, s.about.participant, s.about.track,
		s.about.kind, s.about.source, s.codec.name, s.rtp.rate, channels, uint32(whole), s.about.encrypted,
	})
	if s.report != nil {
		s.writeReport(s.report)
		s.report = nil
	}
	return nil
}

func (s *subscription) closeFile(reason string) {
	if s.file == nil {
		return
	}
	s.file.writeTiming(s.take, 0, true)
	s.take.disk.finish(s.file.file)
	s.take.events.write(&fileClosed{
		happened("file_closed"), s.file.name, s.file.ticks, s.file.frames, reason,
	})
	s.file = nil
}

// writeTiming writes the least delayed packet when its window is over, or in any case when last.
func (f *trackFile) writeTiming(take *take, now int64, last bool) {
	if !f.timing.due(now) && !(last && f.timing.waiting) {
		return
	}
	ticks, arrived := f.timing.take(now)
	take.events.write(&packetTimed{happened("packet_timed"), f.name, ticks, arrived})
}
