package main

import (
	"slices"
	"testing"
)

const second = 1_000_000

// asks runs so many seconds of pictures past the keyframes, and returns when, in s, they asked. answer says when a
// keyframe comes of a request; without one none ever does.
func asks(seconds int, lossy func(at int64) bool, answer func(at int64) int64) (requests []int64) {
	var k keyframes
	var due int64
	start := int64(1000 * second)
	if answer != nil {
		due = start // the engine lets nothing through before a keyframe
	}
	for now := start; now < start+int64(seconds)*second; now += 33_333 {
		at := now - start
		if due != 0 && now >= due {
			k.came(now)
			due = 0
		}
		if lossy(at) {
			k.lost(now)
		}
		if k.due(now) {
			requests = append(requests, (at+second/2)/second)
			if answer != nil {
				due = answer(now)
			}
		}
	}
	return requests
}

func never(int64) bool { return false }

func promptly(now int64) int64 { return now + 200_000 }

func TestAKeyframeIsAskedForWhenTheLastOneIsOld(t *testing.T) {
	if got, want := asks(40, never, promptly), []int64{10, 20, 31}; !slices.Equal(got, want) {
		t.Errorf("asked at %v s, want %v", got, want)
	}
}

func TestABadLineIsNotAskedMoreOftenThanAGoodOne(t *testing.T) {
	good := len(asks(300, never, promptly))
	for _, every := range []int64{1, 2, 5, 9, 11} {
		lossy := func(at int64) bool { return at%(every*second) < 33_333 }
		if got := asks(300, lossy, promptly); len(got) > good+1 {
			t.Errorf("%d requests with a loss every %d s, %d without", len(got), every, good)
		}
	}
}

func TestADamagedPictureWaitsForOthersToAsk(t *testing.T) {
	var k keyframes
	k.due(1000 * second)
	k.came(1001 * second)
	k.lost(1003 * second)
	if k.due(1003*second + damagePatience - 1) {
		t.Error("asked in a hurry")
	}
	if !k.due(1003*second + damagePatience) {
		t.Error("did not ask")
	}
}

func TestWithoutAFirstKeyframeItAsksLessAndLessOften(t *testing.T) {
	if got, want := asks(40, never, nil), []int64{1, 3, 7, 15, 25, 35}; !slices.Equal(got, want) {
		t.Errorf("asked at %v s, want %v", got, want)
	}
}
