// VP8 out of RTP (RFC 7741).

package main

import (
	"encoding/binary"
	"errors"

	"github.com/pion/rtp/codecs"
)

type vp8Depacketizer struct {
	descriptor codecs.VP8Packet
	data       []byte
}

func (d *vp8Depacketizer) begins(payload []byte) bool {
	_, err := d.descriptor.Unmarshal(payload)
	return err == nil && d.descriptor.S == 1 && d.descriptor.PID == 0
}

func (d *vp8Depacketizer) reset() { d.data = d.data[:0] }

func (d *vp8Depacketizer) add(payload []byte) error {
	data, err := d.descriptor.Unmarshal(payload)
	if err != nil {
		return err
	}
	if len(d.data) == 0 && (d.descriptor.S != 1 || d.descriptor.PID != 0) {
		return errors.New("vp8: the first packet of the frame is not its first partition")
	}
	d.data = append(d.data, data...)
	return nil
}

func (*vp8Depacketizer) closed() bool { return false }

func (d *vp8Depacketizer) finish() (frame, bool, error) {
	if len(d.data) == 0 {
		return frame{}, false, nil
	}
	f := frame{data: d.data}
	f.width, f.height, f.keyframe = vp8Keyframe(d.data)
	return f, true, nil
}

// vp8Keyframe reads the frame header (RFC 6386, 9.1): the lowest bit of the first byte is 0 in a
// keyframe, which then has a start code and its size, of which the two upper bits are for scaling.
func vp8Keyframe(data []byte) (width, height int, ok bool) {
	if len(data) < 10 || data[0]&1 != 0 || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return 0, 0, false
	}
	width = int(binary.LittleEndian.Uint16(data[6:])) & 0x3fff
	height = int(binary.LittleEndian.Uint16(data[8:])) & 0x3fff
	return width, height, true
}
