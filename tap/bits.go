// A reader of bits, for the headers of codecs.

package main

// bitReader reads big-endian bits. Past the end it reads zeros and remembers that it did.
type bitReader struct {
	data  []byte
	bit   int
	short bool
}

func (r *bitReader) read(n int) uint32 {
	var value uint32
	for range n {
		value <<= 1
		if r.bit>>3 >= len(r.data) {
			r.short = true
			continue
		}
		value |= uint32(r.data[r.bit>>3]>>(7-r.bit&7)) & 1
		r.bit++
	}
	return value
}

func (r *bitReader) flag() bool { return r.read(1) == 1 }

func (r *bitReader) skip(n int) {
	for ; n > 32; n -= 32 {
		r.read(32)
	}
	r.read(n)
}

// golomb reads ue(v), the unsigned Exp-Golomb code of H.264 (clause 9.1); AV1's uvlc() is the same.
func (r *bitReader) golomb() uint32 {
	zeros := 0
	for !r.flag() {
		zeros++
		if zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.read(zeros)
}

// signedGolomb reads se(v).
func (r *bitReader) signedGolomb() int32 {
	code := int32(r.golomb())
	if code&1 == 1 {
		return (code + 1) / 2
	}
	return -code / 2
}
