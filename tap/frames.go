// Frames out of packets in order: what belongs together, and whether it is whole.

package main

// frame is one encoded picture or one packet of sound, as a Matroska block holds it. data is valid
// until the depacketizer is reset.
type frame struct {
	data          []byte
	keyframe      bool
	width, height int
	private       []byte // CodecPrivate, where the codec has one and this frame can begin a file
}

// depacketizer puts the payloads of one frame together.
type depacketizer interface {
	// begins says whether the payload is the first of a frame. It is asked after loss only.
	begins(payload []byte) bool
	reset()
	add(payload []byte) error
	// closed says whether the frame can be whole although no packet of it had the marker.
	closed() bool
	// finish returns false when the packets held nothing to write, such as parameter sets alone.
	finish() (frame, bool, error)
}

// assembler cuts the stream of packets into frames and leaves out those that are not whole.
type assembler struct {
	depacketizer depacketizer
	perPacket    bool // each packet is a frame (audio)
	write        func(f frame, whole, arrived int64)
	spoiled      func() // a frame was left out

	building bool
	torn     bool // packets are missing before the next one: it must prove that it begins a frame
	leaving  bool // dropping the rest of the frame at leftOut
	leftOut  int64
	whole    int64
	arrived  int64
}

// gap says that packets are missing before the next one.
func (a *assembler) gap() {
	if a.building {
		a.leave(a.whole)
	}
	a.torn = true
}

func (a *assembler) leave(whole int64) {
	a.building = false
	a.leaving = true
	a.leftOut = whole
	a.spoiled()
}

// add takes the next packet in order; the packet stays the caller's.
func (a *assembler) add(p *packet) {
	if len(p.payload) == 0 {
		// Padding only. The engine pads between frames, to probe the bandwidth and to keep numbering.
		return
	}
	if a.building && p.whole != a.whole {
		// The numbering has no gap, but when the engine switches layers it stops forwarding the old
		// layer in the middle of a frame, and numbers on.
		if a.depacketizer.closed() {
			a.end()
		} else {
			a.gap()
		}
	}
	if a.leaving {
		if p.whole == a.leftOut && !a.perPacket {
			a.torn = !p.marker
			return
		}
		a.leaving = false
	}
	if !a.building {
		if a.torn && !a.depacketizer.begins(p.payload) {
			a.leave(p.whole)
			a.torn = !p.marker
			return
		}
		a.building = true
		a.torn = false
		a.whole = p.whole
		a.arrived = p.arrived
		a.depacketizer.reset()
	}
	a.arrived = min(a.arrived, p.arrived)
	if err := a.depacketizer.add(p.payload); err != nil {
		a.leave(p.whole)
		a.torn = !p.marker
		return
	}
	if p.marker || a.perPacket {
		a.end()
	}
}

func (a *assembler) end() {
	a.building = false
	f, ok, err := a.depacketizer.finish()
	if err != nil {
		a.spoiled()
		return
	}
	if ok {
		a.write(f, a.whole, a.arrived)
	}
}
