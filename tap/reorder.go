// The reorder buffer: packets in as they arrive, out in the order they were sent.

package main

import "sync"

const (
	// reorderBudget is how long a packet waits for an earlier one, in µs, on a line that has shown no more. It
	// leaves room for two rounds of NACK and retransmission between the engine and a publisher 100 ms away.
	reorderBudget = 600_000
	// longestBudget bounds it on a line where what was lost came later. The engine asks a publisher five times, and
	// where a round takes 200 ms the last answer comes after 1.4 s; a composer that followed makes the film again.
	longestBudget = 2_000_000
	// memorable is how long the slowest retransmission counts, in µs.
	memorable = 60_000_000
	// reorderSpan is the widest distance in sequence numbers that fits: 2 s of 10 Mbit/s.
	reorderSpan = 2048
	// The SDK asks the engine for a missing packet five times within 100 ms, of which the engine heeds two or
	// three, and forgets it. A packet that came to the engine later than that, too late for the window of SRTP
	// (64 packets), comes when it is asked for again, as RTX.
	askAfter, askEvery, askTimes = 150_000, 200_000, 4
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

	slowest   int64 // µs from the notice of a gap to the packet that filled it
	slowestAt int64
	late      [reorderSpan]bool // given up, and may still come

	askedFor uint16 // the first missing packet of the gap that was asked for
	asks     int    // how often
	askedAt  int64
}

// budget is how long a packet is worth waiting for on this line.
func (r *reorder) budget() int64 { return min(max(reorderBudget, 3*r.slowest), longestBudget) }

// learn takes into account how long it was until a missing packet came.
func (r *reorder) learn(took, now int64) {
	if took > r.slowest || now-r.slowestAt > memorable {
		r.slowest, r.slowestAt = took, now
	}
}

// wanted returns the sequence numbers to ask the engine for once more.
func (r *reorder) wanted(now int64) []uint16 {
	if r.held == 0 || r.ring[r.next%reorderSpan] != nil {
		return nil
	}
	distance, oldest := r.gap()
	if r.askedFor != r.next {
		r.askedFor, r.asks = r.next, 0
	}
	if now-oldest < askAfter || r.asks == askTimes || r.asks > 0 && now-r.askedAt < askEvery {
		return nil
	}
	r.asks, r.askedAt = r.asks+1, now
	missing := make([]uint16, 0, distance)
	for i := range distance {
		missing = append(missing, r.next+uint16(i))
	}
	return missing
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
		if late := &r.late[p.sequence%reorderSpan]; *late && ahead > -reorderSpan {
			*late = false
			r.learn(r.budget(), p.arrived) // it took longer than that
		}
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
	if ahead == 0 && r.held > 0 {
		_, oldest := r.gap()
		r.learn(p.arrived-oldest, p.arrived)
	}
	r.late[p.sequence%reorderSpan] = false
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
		if !force && now-oldest < r.budget() {
			return nil, 0
		}
		for i := range distance {
			r.late[(r.next+uint16(i))%reorderSpan] = true
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
	return oldest + r.budget(), true
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
