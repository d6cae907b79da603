// Time as a take tells it: the tap's clock, RTP timestamps made whole, and NTP in µs.

package main

import (
	"os"
	"strconv"
	"time"
)

// clockOffset is what the machine's clock is off by, as its server has found out (µs to be added): room
// time is the same on all machines, so that whoever goes on with a take elsewhere goes on in time, too.
const clockOffset = "CLOCK_OFFSET_US"

// clock is the wall clock when the tap started plus the monotonic time since, so that a step of the
// machine's wall clock never shows in a take.
type clock struct {
	start  time.Time
	offset int64 // µs
}

func startClock() clock {
	offset, err := strconv.ParseInt(os.Getenv(clockOffset), 10, 64)
	if err != nil {
		offset = 0
	}
	return clock{start: time.Now(), offset: offset}
}

// now returns µs since the epoch.
func (c clock) now() int64 { return c.at(time.Now()) }

func (c clock) at(t time.Time) int64 {
	return c.start.UnixMicro() + c.offset + t.Sub(c.start).Microseconds()
}

// rtpClock unwraps the 32-bit timestamps of one RTP stream.
type rtpClock struct {
	rate    int64 // Hz
	started bool
	whole   int64 // the newest unwrapped timestamp
	arrived int64 // when it arrived, µs
}

// unwrap makes a timestamp whole. Out of the values that it may stand for it takes the one nearest to
// where the clock must be by now: half a wrap is 6.6 hours of video, and a track can be muted for longer.
func (c *rtpClock) unwrap(timestamp uint32, arrived int64) int64 {
	if !c.started {
		c.started = true
		c.whole, c.arrived = int64(timestamp), arrived
		return c.whole
	}
	whole := c.read(timestamp, arrived)
	if whole > c.whole {
		c.whole, c.arrived = whole, arrived
	}
	return whole
}

// lap is how far a clock of 32 bits goes.
const lap = 1 << 32

// goOn is unwrap for a packet that was sent after all before it. A clock that went back by more than most, in ticks,
// has been set anew: it is taken for one that went on and has come round, so that ticks never go back far.
func (c *rtpClock) goOn(timestamp uint32, arrived, most int64) int64 {
	before := c.whole
	whole := c.unwrap(timestamp, arrived)
	if before-whole > most {
		whole += lap
		c.whole, c.arrived = whole, arrived
	}
	return whole
}

// read is unwrap for a timestamp that must not move the clock, such as a sender report's.
func (c *rtpClock) read(timestamp uint32, now int64) int64 {
	guess := c.whole + (now-c.arrived)*c.rate/1_000_000
	return guess + int64(int32(timestamp-uint32(guess)))
}

// ticksToMicros and ticksToMillis convert without overflow, whatever a clock does: whole seconds first.
func ticksToMicros(ticks, rate int64) int64 { return convert(ticks, rate, 1_000_000) }

func ticksToMillis(ticks, rate int64) int64 { return convert(ticks, rate, 1000) }

func convert(ticks, rate, unit int64) int64 {
	return ticks/rate*unit + divideRounded(ticks%rate*unit, rate)
}

func divideRounded(a, b int64) int64 {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}

// ntpEpoch is 1970 in seconds since 1900, where NTP begins (RFC 5905, figure 4).
const ntpEpoch = 2_208_988_800

// ntpToMicros turns a 64-bit NTP timestamp into µs since 1970.
func ntpToMicros(ntp uint64) int64 {
	seconds := int64(ntp>>32) - ntpEpoch
	fraction := int64(((ntp&0xffffffff)*1_000_000 + 1<<31) >> 32)
	return seconds*1_000_000 + fraction
}
