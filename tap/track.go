// One subscription of one track: its packets come in, its files grow.

package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// published is what the engine says of a track.
type published struct {
	participant, track, kind, source string
	mimeType                         string // of its codec, as published; may be empty
	encrypted                        bool   // end to end: nobody without the key can decode it
}

// subscription reads one track from its first packet to its last. Everything below mu is reached from
// the reader, from a timer when a packet is missing, from the reader of RTCP and from the room.
type subscription struct {
	about published
	take  *take
	log   *slog.Logger

	mu          sync.Mutex
	over        bool
	codec       codec
	payloadType uint8
	rtp         rtpClock
	newest      uint16 // sequence number
	counted     bool   // there is one
	reorder     reorder
	assembler   assembler
	missing     *time.Timer
	file        *trackFile
	report      *rtcp.SenderReport // the newest one from before the file

	lossPending bool // the next frame comes after a gap
	lost        int  // packets in that gap
	keyframes   keyframes
	refusing    bool // pictures are too large
}

// wishes is what the engine is to be asked for on behalf of a subscription.
type wishes struct {
	keyframe bool
	missing  []uint16 // sequence numbers
}

func (w wishes) any() bool { return w.keyframe || len(w.missing) > 0 }

func newSubscription(take *take, about published, codec codec, clockRate int64) *subscription {
	s := &subscription{
		about: about, take: take, codec: codec,
		log: slog.With("track", about.track, "participant", about.participant, "codec", codec.name),
		rtp: rtpClock{rate: clockRate},
	}
	s.missing = time.AfterFunc(time.Hour, s.giveUp)
	s.missing.Stop()
	s.assemble()
	return s
}

func (s *subscription) assemble() {
	s.assembler = assembler{
		depacketizer: s.codec.open(),
		perPacket:    s.about.kind == "audio",
		torn:         true, // who knows where in a frame a subscription begins
		write:        s.writeFrame,
		spoiled:      s.spoiled,
	}
}

// read passes packets on until the track ends.
func (s *subscription) read(remote *webrtc.TrackRemote, ask func(wishes)) {
	var header rtp.Header
	failures := 0
	for {
		p := packets.Get().(*packet)
		n, _, err := remote.Read(p.buffer[:])
		if err != nil {
			packets.Put(p)
			failures++
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || failures > 100 {
				s.log.Info("track ended", "error", err)
				return
			}
			continue
		}
		failures = 0
		arrived := s.take.clock.now()
		if !p.parse(&header, n, arrived) {
			packets.Put(p)
			continue
		}
		goOn, wanted := s.receive(p, remote)
		if wanted.any() {
			ask(wanted)
		}
		if !goOn {
			return
		}
	}
}

// parse reads the RTP header of the first n bytes of the buffer.
func (p *packet) parse(header *rtp.Header, n int, arrived int64) bool {
	begin, err := header.Unmarshal(p.buffer[:n])
	if err != nil {
		return false
	}
	end := n
	if header.Padding {
		end -= int(p.buffer[n-1])
	}
	if end < begin {
		return false
	}
	p.sequence, p.timestamp = header.SequenceNumber, header.Timestamp
	p.marker, p.payloadType = header.Marker, header.PayloadType
	p.payload = p.buffer[begin:end]
	p.arrived = arrived
	return true
}

// receive takes a packet over. goOn is false when the subscription is over.
func (s *subscription) receive(p *packet, remote *webrtc.TrackRemote) (goOn bool, wanted wishes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		packets.Put(p)
		return false, wishes{}
	}
	now := p.arrived
	if p.payloadType != s.payloadType || !s.rtp.started {
		s.switchPayload(p.payloadType, remote)
	}
	if newest := !s.counted || int16(p.sequence-s.newest) > 0; newest {
		s.counted, s.newest = true, p.sequence
		p.whole = s.rtp.goOn(p.timestamp, now, s.goesBack())
		s.time(p)
	} else {
		p.whole = s.rtp.read(p.timestamp, now)
	}
	for !s.reorder.push(p) {
		s.takeNext(now, true)
	}
	s.drain(now, false)
	return true, wishes{
		keyframe: s.about.kind == "video" && s.keyframes.due(now),
		missing:  s.reorder.wanted(now),
	}
}

// goesBack is by how many ticks a packet may be of an earlier time than one sent before it: B-frames.
func (s *subscription) goesBack() int64 {
	if s.about.kind == "video" {
		return s.rtp.rate
	}
	return s.rtp.rate / 20
}

// time notes when a packet arrived that was sent after all before it.
func (s *subscription) time(p *packet) {
	if s.file == nil || len(p.payload) == 0 {
		return
	}
	if by, before := s.file.timing.step(p.whole, p.arrived); by != 0 {
		s.file.writeTiming(s.take, 0, true)
		s.file.timing.begin(p.arrived)
		s.take.events.write(&arrivalsStepped{
			happened("arrivals_stepped"), s.file.name, p.whole - s.file.timing.base, before, p.arrived, by,
		})
	}
	s.file.timing.see(p.whole, p.arrived)
	s.file.writeTiming(s.take, p.arrived, false)
}

// switchPayload follows a change of the payload type, which may be one of the codec.
func (s *subscription) switchPayload(payloadType uint8, remote *webrtc.TrackRemote) {
	first := !s.rtp.started
	s.payloadType = payloadType
	if first || remote == nil {
		return
	}
	codec, ok := codecOf(remote.Codec().MimeType)
	if !ok || codec.name == s.codec.name {
		return
	}
	s.drain(0, true)
	s.closeFile("codec_changed")
	s.codec = codec
	s.assemble()
}

// drain passes on what is in order. force also what is behind a gap.
func (s *subscription) drain(now int64, force bool) {
	for s.takeNext(now, force) {
	}
	if at, ok := s.reorder.deadline(); ok {
		s.missing.Reset(time.Duration(at-now)*time.Microsecond + time.Millisecond)
	}
}

func (s *subscription) takeNext(now int64, force bool) bool {
	p, lost := s.reorder.pop(now, force)
	if p == nil {
		return false
	}
	if lost > 0 {
		s.lost += lost
		s.lossPending = true
		s.keyframes.lost(now)
		s.assembler.gap()
	}
	s.assembler.add(p)
	packets.Put(p)
	return true
}

// giveUp runs when a missing packet has had its time.
func (s *subscription) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.drain(s.take.clock.now(), false)
	}
}

func (s *subscription) spoiled() {
	s.lossPending = true
	s.keyframes.lost(s.take.clock.now())
}

func (s *subscription) writeFrame(f frame, whole, arrived int64) {
	if !s.admit(f) {
		return
	}
	if s.file != nil && f.private != nil && s.codec.name == "h264" && !bytes.Equal(f.private, s.file.private) {
		s.closeFile("codec_changed")
	}
	if s.file == nil {
		if !f.keyframe {
			return
		}
		if err := s.openFile(f, whole, arrived); err != nil {
			s.take.failed(err)
			return
		}
	}
	ticks := whole - s.file.timing.base
	if s.lossPending {
		s.take.events.write(&packetsLost{happened("packets_lost"), s.file.name, ticks, s.lost})
		s.lossPending, s.lost = false, 0
	}
	cluster, err := s.file.blocks.write(ticksToMillis(ticks, s.rtp.rate), f.keyframe, f.data)
	if err != nil {
		s.take.failed(err)
		return
	}
	s.file.frames++
	s.file.ticks = ticks
	if f.keyframe && s.about.kind == "video" {
		s.keyframes.came(arrived)
		s.take.events.write(&keyframeWritten{
			happened("keyframe_written"), s.file.name, ticks, cluster, f.width, f.height,
		})
	}
}

// senderReport notes how the sender's clock relates to the track's.
func (s *subscription) senderReport(report *rtcp.SenderReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if s.file == nil {
		s.report = report
		return
	}
	s.writeReport(report)
}

func (s *subscription) writeReport(report *rtcp.SenderReport) {
	ticks := s.rtp.read(report.RTPTime, s.take.clock.now()) - s.file.timing.base
	s.take.events.write(&senderReported{
		happened("sender_reported"), s.file.name, ticks, ntpToMicros(report.NTPTime),
	})
}

// end writes the whole frames that are still held back, and closes the file.
func (s *subscription) end(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.drain(0, true)
	s.missing.Stop()
	s.over = true
	s.closeFile(reason)
}
