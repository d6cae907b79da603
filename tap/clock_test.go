package main

import (
	"testing"
	"time"
)

func TestTimestampsWrap(t *testing.T) {
	c := rtpClock{rate: 90000}
	first := c.unwrap(0xffffff00, 0)
	if got := c.unwrap(0x100, 5700) - first; got != 0x200 {
		t.Errorf("across the wrap: %d ticks, want 512", got)
	}
	if got := c.unwrap(0xffffff80, 6000) - first; got != 0x80 {
		t.Errorf("a late packet from before the wrap: %d ticks, want 128", got)
	}
	if got := c.unwrap(0x200, 8500) - first; got != 0x300 {
		t.Errorf("after a late packet: %d ticks, want 768", got)
	}
}

func TestTimestampsWrapManyTimes(t *testing.T) {
	c := rtpClock{rate: 48000}
	first := c.unwrap(123, 0)
	for minute := int64(1); minute <= 72*60; minute++ {
		want := minute * 60 * 48000
		if got := c.unwrap(uint32(123+want), minute*60_000_000+500) - first; got != want {
			t.Fatalf("minute %d: %d ticks, want %d", minute, got, want)
		}
	}
}

func TestTimestampsAfterANightOfMute(t *testing.T) {
	c := rtpClock{rate: 90000}
	first := c.unwrap(1000, 0)
	const hours = 20 // more than the 13.3 hours in which 32 bits wrap at 90 kHz
	want := int64(hours * 3600 * 90000)
	if got := c.unwrap(uint32(1000+want+77), hours*3600*1_000_000) - first; got != want+77 {
		t.Errorf("%d ticks, want %d", got, want+77)
	}
}

func TestSenderReportDoesNotMoveTheClock(t *testing.T) {
	c := rtpClock{rate: 48000}
	first := c.unwrap(1000, 0)
	if got := c.read(1<<32-3800, 0) - first; got != -4800 {
		t.Errorf("a report from before the first packet: %d ticks, want -4800", got)
	}
	if got := c.unwrap(1960, 20_000) - first; got != 960 {
		t.Errorf("%d ticks, want 960", got)
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct{ ticks, rate, ms int64 }{
		{0, 90000, 0}, {44, 90000, 0}, {45, 90000, 1}, {134, 90000, 1}, {135, 90000, 2},
		{-44, 90000, 0}, {-45, 90000, -1}, {960, 48000, 20}, {90000 * 3600 * 24 * 365, 90000, 31_536_000_000},
	} {
		if got := ticksToMillis(c.ticks, c.rate); got != c.ms {
			t.Errorf("%d ticks at %d Hz: %d ms, want %d", c.ticks, c.rate, got, c.ms)
		}
	}
}

func TestNTP(t *testing.T) {
	// 1 January 2025 is 1735689600 s since 1970.
	const seconds = 1735689600
	if got := ntpToMicros((seconds+ntpEpoch)<<32 | 1<<31); got != seconds*1_000_000+500_000 {
		t.Errorf("half past the second: %d", got)
	}
}

func TestAClockThatGoesBackComesRound(t *testing.T) {
	c := rtpClock{rate: 48000}
	c.goOn(1_000_000, 0, 2400)
	if got := c.goOn(1_000_000-2000, 20_000, 2400); got != 1_000_000-2000 {
		t.Errorf("back by little: %d", got)
	}
	if got := c.goOn(1000, 40_000, 2400); got != lap+1000 {
		t.Errorf("back by more: %d", got)
	}
	if got := c.read(1960, 60_000); got != lap+1960 {
		t.Errorf("a report after that: %d", got)
	}
}

func TestTicksAreConvertedWithoutOverflow(t *testing.T) {
	const days = 365 * 24 * 3600 * 1000
	if got := ticksToMicros(days*90000+45, 90000); got != days*1_000_000+500 {
		t.Errorf("after a thousand years: %d", got)
	}
}

func TestTheClockIsAheadByWhatTheServerSays(t *testing.T) {
	t.Setenv(clockOffset, "2000000")
	ahead := startClock().now() - time.Now().UnixMicro()
	if ahead < 1_900_000 || ahead > 2_100_000 {
		t.Errorf("ahead by %d µs", ahead)
	}
}

func TestTheClockIsTheMachinesWhereNothingIsSaid(t *testing.T) {
	for _, said := range []string{"", "soon"} {
		t.Setenv(clockOffset, said)
		if off := startClock().now() - time.Now().UnixMicro(); off < -100_000 || off > 100_000 {
			t.Errorf("%q: off by %d µs", said, off)
		}
	}
}
