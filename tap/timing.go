// The least delayed packet of each half second: what a reader lines tracks up by.

package main

const (
	timingWindow = 500_000 // µs
	// firstTimingWindow is short, so that a reader that follows a second behind has a value in time.
	firstTimingWindow = 100_000
)

// timing watches the packets of one file as they arrive.
type timing struct {
	rate    int64
	base    int64 // unwrapped RTP timestamp of tick 0
	ends    int64 // of the window, µs
	waiting bool  // a packet was seen in this window
	ticks   int64 // of the least delayed one
	arrived int64
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

func (t *timing) due(now int64) bool { return t.waiting && now >= t.ends }

func (t *timing) take(now int64) (ticks, arrived int64) {
	t.waiting = false
	t.ends = now + timingWindow
	return t.ticks, t.arrived
}
