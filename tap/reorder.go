// The reorder buffer: packets in as they arrive, out in the order they were sent.

package main

import "sync"

const (
	// reorderBudget bounds how long a packet waits for an earlier one, in µs. It leaves room for two
	// rounds of NACK and retransmission between the engine and a publisher 100 ms away, who waits and
	// loses packets, too. A composer is a second behind and more, so it costs nobody anything.
	reorderBudget = 600_000
	// reorderSpan is the widest distance in sequence numbers that fits: 600 ms of 16 Mbit/s.
	reorderSpan = 1024
	// restartAfter consecutive packets from the past mean that the numbering itself went back.
	restartAfter = 64
)

// packet is one RTP packet; its payload lies in its own buffer, so that packets can be pooled.
type packet struct {
	sequence    uint16
	timestamp   uint32
	whole       int64 // the timestamp unwrapped
	arrived     int64 // µs on the tap's clock
	marker      bool
	payloadType uint8
	payload     []byte // empty for a padding-only packet
	buffer      [1500]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// reorder holds packets back only while an earlier one is missing.
type reorder struct {
	ring    [reorderSpan]*packet
	held    int
	next    uint16 // the sequence number to give out next
	started bool
	past    int // consecutive packets from before next
	skipped int // lost packets not yet reported by pop
}

// push takes the packet over. It returns false, and takes nothing, when the packet lies too far ahead:
// pop with force until it fits.
func (r *reorder) push(p *packet) bool {
	if !r.started {
		r.started = true
		r.next = p.sequence
	}
	ahead := int(int16(p.sequence - r.next))
	if ahead < 0 {
		r.past++
		if r.past < restartAfter {
			packets.Put(p) // a duplicate, or too late
			return true
		}
		r.drop()
		r.next = p.sequence
		ahead = 0
	}
	if ahead >= reorderSpan {
		if r.held > 0 {
			return false
		}
		r.skipped += ahead
		r.next = p.sequence
	}
	r.past = 0
	slot := &r.ring[p.sequence%reorderSpan]
	if *slot != nil {
		packets.Put(p)
		return true
	}
	*slot = p
	r.held++
	return true
}

// pop returns the next packet, or nil when there is none or it is worth waiting for an earlier one.
// lost counts the packets given up on just before this one. force waits for nothing.
func (r *reorder) pop(now int64, force bool) (p *packet, lost int) {
	if r.held == 0 {
		return nil, 0
	}
	if r.ring[r.next%reorderSpan] == nil {
		distance, oldest := r.gap()
		if !force && now-oldest < reorderBudget {
			return nil, 0
		}
		r.next += uint16(distance)
		r.skipped += distance
	}
	slot := &r.ring[r.next%reorderSpan]
	p, *slot = *slot, nil
	r.held--
	r.next++
	lost, r.skipped = r.skipped, 0
	return p, lost
}

// deadline says when pop will give up on the missing packet, in µs; ok is false when none is missing.
func (r *reorder) deadline() (at int64, ok bool) {
	if r.held == 0 || r.ring[r.next%reorderSpan] != nil {
		return 0, false
	}
	_, oldest := r.gap()
	return oldest + reorderBudget, true
}

// gap returns the distance from next to the first held packet and the earliest arrival of all held.
func (r *reorder) gap() (distance int, oldest int64) {
	distance = -1
	for i, seen := 0, 0; seen < r.held && i < reorderSpan; i++ {
		p := r.ring[(r.next+uint16(i))%reorderSpan]
		if p == nil {
			continue
		}
		seen++
		if distance < 0 {
			distance, oldest = i, p.arrived
		}
		oldest = min(oldest, p.arrived)
	}
	return distance, oldest
}

func (r *reorder) drop() {
	for i, p := range r.ring {
		if p != nil {
			packets.Put(p)
			r.ring[i] = nil
		}
	}
	r.held = 0
}
