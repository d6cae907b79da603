// When to ask for a keyframe: rarely, because it costs everybody in the call the bits of many pictures.

package main

const (
	// keyframeEvery is the age, in µs, at which the last keyframe is too old for a reader to enter at, and the
	// shortest time between two requests once there has been a keyframe. So a line that loses packets is never
	// asked more often than one that does not.
	keyframeEvery = 10_000_000
	// damagePatience is how long a damaged picture waits for a keyframe that others ask for: who watches the call
	// has lost the same, and is in a hurry.
	damagePatience = 1_000_000
	// firstPatience is how long to wait for the first keyframe, which the engine asks for by itself; the pauses
	// between requests double from there.
	firstPatience = 1_000_000
)

// keyframes is what a subscription knows of the keyframes of its track; times in µs.
type keyframes struct {
	began   int64 // the first packet
	last    int64 // the last keyframe; 0: none yet
	damaged int64 // since when pictures are missing or spoiled; 0: they are not
	asked   int64 // the last request; 0: none yet
	pause   int64 // after it, while there has been no keyframe
}

func (k *keyframes) came(at int64) { k.last, k.damaged = at, 0 }

func (k *keyframes) lost(at int64) {
	if k.damaged == 0 {
		k.damaged = at
	}
}

// due says whether to ask now, and takes it that the answer is obeyed.
func (k *keyframes) due(now int64) bool {
	if k.began == 0 {
		k.began, k.pause = now, firstPatience
	}
	if k.last == 0 {
		if now-max(k.began, k.asked) < k.pause {
			return false
		}
		k.asked, k.pause = now, min(2*k.pause, keyframeEvery)
		return true
	}
	damaged := k.damaged != 0 && now-k.damaged >= damagePatience
	old := now-k.last >= keyframeEvery
	if !damaged && !old || now-k.asked < keyframeEvery {
		return false
	}
	k.asked = now
	return true
}
