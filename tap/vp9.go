// VP9 out of RTP (RFC 9628), spatial layers included.

package main

import (
	"errors"

	"github.com/pion/rtp/codecs"
)

type vp9Depacketizer struct {
	descriptor    codecs.VP9Packet
	data          []byte
	layers        []int // where each layer's frame ends in data
	open          bool  // between the first and the last packet of a layer's frame
	predicted     bool  // from an earlier picture
	width, height int   // of the largest layer, as the scalability structure tells
}

func (d *vp9Depacketizer) begins(payload []byte) bool {
	d.descriptor = codecs.VP9Packet{}
	_, err := d.descriptor.Unmarshal(payload)
	// An upper layer that needs nothing of a lower one can be the first of its picture: between
	// keyframes the engine forwards one layer only.
	return err == nil && d.descriptor.B && (d.descriptor.SID == 0 || !d.descriptor.D)
}

func (d *vp9Depacketizer) reset() {
	d.data = d.data[:0]
	d.layers = d.layers[:0]
	d.open = false
	d.width, d.height = 0, 0
}

func (d *vp9Depacketizer) add(payload []byte) error {
	d.descriptor = codecs.VP9Packet{}
	data, err := d.descriptor.Unmarshal(payload)
	if err != nil {
		return err
	}
	if d.descriptor.B == d.open {
		return errors.New("vp9: a layer's frame begins within another or never began")
	}
	if len(d.data) == 0 {
		d.predicted = d.descriptor.P
	}
	if d.descriptor.V && d.descriptor.Y {
		for i := range d.descriptor.Width {
			d.width = max(d.width, int(d.descriptor.Width[i]))
			d.height = max(d.height, int(d.descriptor.Height[i]))
		}
	}
	d.data = append(d.data, data...)
	d.open = !d.descriptor.E
	if d.descriptor.E {
		d.layers = append(d.layers, len(d.data))
	}
	return nil
}

func (d *vp9Depacketizer) closed() bool { return !d.open }

func (d *vp9Depacketizer) finish() (frame, bool, error) {
	if d.open {
		return frame{}, false, errors.New("vp9: the frame has no end")
	}
	if len(d.data) == 0 {
		return frame{}, false, nil
	}
	f := frame{}
	if width, height, ok := vp9Keyframe(d.data); ok && !d.predicted {
		f.keyframe = true
		f.width, f.height = width, height
		if len(d.layers) > 1 {
			f.width, f.height = max(width, d.width), max(height, d.height)
		}
	} else if !d.predicted && d.width > 0 && seemsSealed(d.data) {
		f.keyframe = true
		f.width, f.height = d.width, d.height
	}
	if len(d.layers) > 1 {
		d.data = appendSuperframeIndex(d.data, d.layers)
	}
	f.data = d.data
	return f, true, nil
}

// seemsSealed says whether a frame ends as one that was encrypted end to end does: with the length of its vector (12
// bytes) and the number of its key. Clients leave nothing of VP9 in clear, so that what kind of frame it is stands in
// RTP's own headers alone: they send the scalability structure with keyframes.
func seemsSealed(data []byte) bool {
	const vector = 12
	return len(data) > vector+2 && data[len(data)-2] == vector
}

// appendSuperframeIndex says where the frames of the layers lie (VP9 specification, annex B): RTP
// tells it in its own headers, a file has nothing else to tell it.
func appendSuperframeIndex(data []byte, ends []int) []byte {
	if len(ends) > 8 {
		return data
	}
	const sizeBytes = 4
	mark := byte(0b110<<5 | (sizeBytes-1)<<3 | (len(ends) - 1))
	data = append(data, mark)
	begin := 0
	for _, end := range ends {
		size := uint32(end - begin)
		data = append(data, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
		begin = end
	}
	return append(data, mark)
}

// vp9Keyframe reads the uncompressed header of a frame (VP9 specification, 6.2).
func vp9Keyframe(data []byte) (width, height int, ok bool) {
	r := bitReader{data: data}
	if r.read(2) != 2 {
		return 0, 0, false
	}
	profile := r.read(1) | r.read(1)<<1
	if profile == 3 {
		r.skip(1)
	}
	showExisting, inter := r.flag(), r.flag()
	if showExisting || inter {
		return 0, 0, false
	}
	r.skip(2) // show_frame, error_resilient_mode
	if r.read(24) != 0x498342 {
		return 0, 0, false
	}
	if profile >= 2 {
		r.skip(1) // ten_or_twelve_bit
	}
	const rgb = 7
	if r.read(3) != rgb {
		r.skip(1) // color_range
		if profile == 1 || profile == 3 {
			r.skip(3)
		}
	} else if profile == 1 || profile == 3 {
		r.skip(1)
	}
	width, height = int(r.read(16))+1, int(r.read(16))+1
	return width, height, !r.short
}
