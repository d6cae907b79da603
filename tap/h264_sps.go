// The parameter sets of H.264: their ids, who refers to whom, and the size of the picture.

package main

import "errors"

type spsInfo struct {
	profile, constraints, level  byte
	chroma, lumaBits, chromaBits uint32 // chroma_format_idc and the bit depths above 8
	width, height                int    // after cropping
}

// unescape takes out the emulation prevention bytes (H.264, 7.4.1).
func unescape(unit []byte) []byte {
	clean := make([]byte, 0, len(unit))
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		clean = append(clean, b)
	}
	return clean
}

func spsID(unit []byte) uint32 {
	if len(unit) < 5 {
		return 0
	}
	r := bitReader{data: unescape(unit)[4:]}
	return r.golomb()
}

func ppsID(unit []byte) uint32 {
	r := bitReader{data: unit[1:]}
	return r.golomb()
}

// ppsParent returns the id of the SPS that a PPS refers to.
func ppsParent(unit []byte) uint32 {
	r := bitReader{data: unescape(unit[1:min(len(unit), 16)])}
	r.golomb() // pic_parameter_set_id
	return r.golomb()
}

// slicePPS returns the id of the PPS that a slice uses (H.264, 7.3.3).
func slicePPS(unit []byte) uint32 {
	r := bitReader{data: unescape(unit[1:min(len(unit), 24)])}
	r.golomb() // first_mb_in_slice
	r.golomb() // slice_type
	return r.golomb()
}

// parseSPS reads seq_parameter_set_data() (H.264, 7.3.2.1.1) as far as the cropping.
func parseSPS(unit []byte) (spsInfo, error) {
	if len(unit) < 5 {
		return spsInfo{}, errors.New("h264: the SPS is too short")
	}
	clean := unescape(unit)
	info := spsInfo{profile: clean[1], constraints: clean[2], level: clean[3], chroma: 1}
	r := bitReader{data: clean[4:]}
	r.golomb() // seq_parameter_set_id
	separatePlanes := false
	switch info.profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		info.chroma = r.golomb()
		if info.chroma == 3 {
			separatePlanes = r.flag()
		}
		info.lumaBits = r.golomb()
		info.chromaBits = r.golomb()
		r.skip(1) // qpprime_y_zero_transform_bypass_flag
		if r.flag() {
			skipScalingMatrices(&r, info.chroma)
		}
	}
	r.golomb()          // log2_max_frame_num_minus4
	switch r.golomb() { // pic_order_cnt_type
	case 0:
		r.golomb()
	case 1:
		r.skip(1)
		r.signedGolomb()
		r.signedGolomb()
		for range min(r.golomb(), 255) {
			r.signedGolomb()
		}
	}
	r.golomb() // max_num_ref_frames
	r.skip(1)  // gaps_in_frame_num_value_allowed_flag
	width := 16 * (int(r.golomb()) + 1)
	mapUnits := int(r.golomb()) + 1
	fields := 1
	if !r.flag() { // frame_mbs_only_flag
		fields = 2
		r.skip(1)
	}
	height := 16 * mapUnits * fields
	r.skip(1) // direct_8x8_inference_flag
	if r.flag() {
		left, right := int(r.golomb()), int(r.golomb())
		top, bottom := int(r.golomb()), int(r.golomb())
		unitX, unitY := 1, fields
		if !separatePlanes {
			if info.chroma == 1 || info.chroma == 2 {
				unitX = 2
			}
			if info.chroma == 1 {
				unitY *= 2
			}
		}
		width -= unitX * (left + right)
		height -= unitY * (top + bottom)
	}
	if r.short || width <= 0 || height <= 0 {
		return info, errors.New("h264: the SPS ends early")
	}
	info.width, info.height = width, height
	return info, nil
}

func skipScalingMatrices(r *bitReader, chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + r.signedGolomb() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}
