// What one participant may have written of their data messages: a flood fills no disk.

package main

const (
	dataMessages = 20 // a second
	dataBytes    = 32 * 1024
	// dataBurst is how many seconds' worth may come at once: a chat that is pasted, a whiteboard that is joined.
	dataBurst = 30
	// dataTotal is what a run of a take holds of one participant at most, in bytes: hours of a lively whiteboard.
	dataTotal = 64 << 20
	// dataOverhead is what a line has beside its text, in bytes.
	dataOverhead = 128
	// droppedEvery is how far apart a participant's dropped messages are told of, in µs.
	droppedEvery = 10_000_000
)

// budget is what is left of it for one participant; it grows with time (µs).
type budget struct {
	messages, bytes float64
	at              int64 // µs; 0: nothing has been spent
	total           int
	dropped         int // messages since the last time it was told
	droppedBytes    int
	told            int64
}

// spend takes a message of so many bytes off the budget; false when there is not enough left.
func (b *budget) spend(now int64, size int) bool {
	size += dataOverhead
	if b.at == 0 {
		b.messages, b.bytes, b.at = dataMessages*dataBurst, dataBytes*dataBurst, now
	}
	passed := float64(now-b.at) / 1e6
	b.at = now
	b.messages = min(b.messages+passed*dataMessages, dataMessages*dataBurst)
	b.bytes = min(b.bytes+passed*dataBytes, dataBytes*dataBurst)
	if b.messages < 1 || b.bytes < float64(size) || b.total+size > dataTotal {
		b.dropped++
		b.droppedBytes += size - dataOverhead
		return false
	}
	b.messages--
	b.bytes -= float64(size)
	b.total += size
	return true
}

// tell returns how much was dropped since the last time, when it is time to say so.
func (b *budget) tell(now int64) (messages, bytes int) {
	if b.dropped == 0 || now-b.told < droppedEvery {
		return 0, 0
	}
	messages, bytes = b.dropped, b.droppedBytes
	b.dropped, b.droppedBytes, b.told = 0, 0, now
	return messages, bytes
}
