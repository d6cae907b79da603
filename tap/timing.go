// The least delayed packet of each half second: what a reader lines tracks up by.

package main

const (
	timingWindow = 500_000 // µs
	// firstTimingWindow is short, so that a reader that follows a second behind has a value in time.
	firstTimingWindow = 100_000
	// arrivalStep is what a packet's arrival must differ from what its ticks say, seen from the packet before, to be
	// told at once, in µs; stepsApart keeps such events of one file apart.
	arrivalStep = 120_000
	stepsApart  = 100_000
)

// timing watches the packets of one file as they arrive.
type timing struct {
	rate    int64
	base    int64 // unwrapped RTP timestamp of tick 0
	ends    int64 // of the window, µs
	waiting bool  // a packet was seen in this window
	ticks   int64 // of the least delayed one
	arrived int64

	anyPacket bool
	before    int64 // ticks of the last packet that was seen
	last      int64 // its arrival less ticks, µs
	stepped   int64 // when a step was last told, µs
}

// step returns by how much later than the packet before a packet came, against its ticks, in µs; 0 where that is no
// more than what ordinary lines do. before are that packet's ticks. Packets are seen in the order of sending.
func (t *timing) step(whole, arrived int64) (by, before int64) {
	ticks := whole - t.base
	delay := t.delay(ticks, arrived)
	by, before = delay-t.last, t.before
	stepped := t.anyPacket && (by > arrivalStep || by < -arrivalStep)
	if stepped && arrived-t.stepped < stepsApart {
		return 0, 0 // with the next one, seen from the same packet
	}
	t.anyPacket, t.before, t.last = true, ticks, delay
	if !stepped {
		return 0, 0
	}
	t.stepped = arrived
	return by, before
}

func startTiming(rate, base, now int64) timing {
	return timing{rate: rate, base: base, ends: now + firstTimingWindow}
}

// see takes a packet into account.
func (t *timing) see(whole, arrived int64) {
	ticks := whole - t.base
	if !t.waiting || t.delay(ticks, arrived) < t.delay(t.ticks, t.arrived) {
		t.waiting = true
		t.ticks, t.arrived = ticks, arrived
	}
}

func (t *timing) delay(ticks, arrived int64) int64 { return arrived - ticksToMicros(ticks, t.rate) }

// begin begins a window now.
func (t *timing) begin(now int64) { t.waiting, t.ends = false, now+timingWindow }

func (t *timing) due(now int64) bool { return t.waiting && now >= t.ends }

func (t *timing) take(now int64) (ticks, arrived int64) {
	t.waiting = false
	t.ends = now + timingWindow
	return t.ticks, t.arrived
}
