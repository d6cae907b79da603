// Opus: each packet is a frame.

package main

import "encoding/binary"

const (
	opusRate = 48000
	// opusChannels is 2 for everybody: a decoder set to two plays mono packets as well, while one set
	// to one would fold a stream that turns stereo later. The SDP says opus/48000/2 always.
	opusChannels = 2
)

type opusDepacketizer struct {
	payload []byte
}

func (d *opusDepacketizer) begins([]byte) bool { return true }

func (d *opusDepacketizer) reset() { d.payload = nil }

func (d *opusDepacketizer) add(payload []byte) error {
	d.payload = payload
	return nil
}

func (*opusDepacketizer) closed() bool { return true }

func (d *opusDepacketizer) finish() (frame, bool, error) {
	return frame{data: d.payload, keyframe: true, private: opusHead}, true, nil
}

// opusHead is the identification header (RFC 7845, 5.1). Its pre-skip is 0, so that a decoder drops
// nothing and the first sample stays at tick 0.
var opusHead = func() []byte {
	head := append([]byte("OpusHead"), 1, opusChannels)
	head = binary.LittleEndian.AppendUint16(head, 0)        // pre-skip
	head = binary.LittleEndian.AppendUint32(head, opusRate) // rate of the original sound
	head = binary.LittleEndian.AppendUint16(head, 0)        // gain
	return append(head, 0)                                  // mapping family: mono or stereo
}()
