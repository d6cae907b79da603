package main

import (
	"reflect"
	"testing"
)

// lines stands in for a codec: a payload "(ab" begins a frame.
type lines struct{ data []byte }

func (l *lines) begins(payload []byte) bool { return payload[0] == '(' }
func (l *lines) reset()                     { l.data = l.data[:0] }
func (l *lines) closed() bool               { return len(l.data) > 0 && l.data[len(l.data)-1] == ')' }
func (l *lines) add(payload []byte) error {
	l.data = append(l.data, payload...)
	return nil
}
func (l *lines) finish() (frame, bool, error) { return frame{data: l.data}, true, nil }

// assembleAll feeds steps of the form "timestamp payload [marker]"; an empty step is a gap.
type step struct {
	whole   int64
	payload string
	marker  bool
}

func assembleAll(steps []step) (frames []string, spoiled int) {
	a := assembler{
		depacketizer: &lines{},
		write:        func(f frame, _, _ int64) { frames = append(frames, string(f.data)) },
		spoiled:      func() { spoiled++ },
	}
	for _, s := range steps {
		if s == (step{}) {
			a.gap()
			continue
		}
		a.add(&packet{whole: s.whole, payload: []byte(s.payload), marker: s.marker})
	}
	return frames, spoiled
}

func TestFrames(t *testing.T) {
	gap := step{}
	for _, c := range []struct {
		name    string
		steps   []step
		frames  []string
		spoiled int
	}{
		{"the marker ends a frame", []step{{1, "(a", false}, {1, "b", true}, {2, "(c", true}}, []string{"(ab", "(c"}, 0},
		{"padding is nothing", []step{{1, "(a", false}, {1, "", false}, {1, "b", true}, {1, "", false}, {2, "", false}, {3, "(c", true}}, []string{"(ab", "(c"}, 0},
		{"without a marker a closed frame is whole", []step{{1, "(a)", false}, {2, "(b", true}}, []string{"(a)", "(b"}, 0},
		{"a switch of layers cuts a frame off", []step{{1, "(a", false}, {2, "(b", true}}, []string{"(b"}, 1},
		{"what is contiguous need not prove its beginning", []step{{1, "(a", true}, {2, "b", true}}, []string{"(a", "b"}, 0},
		{"a gap within a frame", []step{{1, "(a", false}, gap, {1, "b", true}, {2, "c", true}}, []string{"c"}, 1},
		{"a gap that took the end of one and the beginning of the next", []step{{1, "(a", false}, gap, {2, "b", true}, {3, "(c", true}}, []string{"(c"}, 2},
		{"a gap between frames", []step{{1, "(a", true}, gap, {2, "(b", true}}, []string{"(a", "(b"}, 0},
		{"a gap that took a beginning", []step{{1, "(a", true}, gap, {2, "b", false}, {2, "c", true}, {3, "(d", true}}, []string{"(a", "(d"}, 1},
	} {
		frames, spoiled := assembleAll(c.steps)
		if !reflect.DeepEqual(frames, c.frames) || spoiled != c.spoiled {
			t.Errorf("%s: %q, %d left out; want %q, %d", c.name, frames, spoiled, c.frames, c.spoiled)
		}
	}
}
