// What happened, a JSON object a line: the tap's half of docs/formats.md.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// lineLimit is the longest line of events.jsonl, its newline included.
const lineLimit = 64 * 1024

type header struct {
	At    int64  `json:"at"`
	Event string `json:"event"`
}

func (h *header) head() *header { return h }

type event interface{ head() *header }

func happened(name string) header { return header{Event: name} }

type takeOpened struct {
	header
	Run     int    `json:"run"`
	Take    string `json:"take"`
	Version int    `json:"version"`
}

type roomJoined struct {
	header
	Session string `json:"session"`
}

// ended is room_left or take_closed.
type ended struct {
	header
	Reason string `json:"reason"`
}

// participantSeen is participant_joined, which alone has data, or participant_renamed.
type participantSeen struct {
	header
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Data        string `json:"data,omitempty"`
}

// consentChanged is what a participant has said of being recorded: asked, given or declined.
type consentChanged struct {
	header
	Participant string `json:"participant"`
	Consent     string `json:"consent"`
}

type participantLeft struct {
	header
	Participant string `json:"participant"`
}

type speaker struct {
	Participant string  `json:"participant"`
	Level       float64 `json:"level"`
	sid         string  // of the stay in the room that the engine means
}

type speakersChanged struct {
	header
	Speakers []speaker `json:"speakers"`
}

type dataReceived struct {
	header
	Participant string  `json:"participant"`
	Topic       string  `json:"topic"`
	Text        *string `json:"text,omitempty"`
}

type dataDropped struct {
	header
	Participant string `json:"participant"`
	Messages    int    `json:"messages"`
	Bytes       int    `json:"bytes"`
}

type trackPublished struct {
	header
	Participant string `json:"participant"`
	Track       string `json:"track"`
	Kind        string `json:"kind"`
	Source      string `json:"source"`
	Muted       bool   `json:"muted"`
	Encrypted   bool   `json:"encrypted"`
}

// trackChanged is track_muted, track_unmuted or track_unpublished.
type trackChanged struct {
	header
	Participant string `json:"participant"`
	Track       string `json:"track"`
}

type trackNotRecorded struct {
	header
	Participant string `json:"participant"`
	Track       string `json:"track"`
	Kind        string `json:"kind"`
	Reason      string `json:"reason"`
	Detail      string `json:"detail"`
}

type fileOpened struct {
	header
	File        string `json:"file"`
	Participant string `json:"participant"`
	Track       string `json:"track"`
	Kind        string `json:"kind"`
	Source      string `json:"source"`
	Codec       string `json:"codec"`
	ClockRate   int64  `json:"clock_rate"`
	Channels    int    `json:"channels"`
	FirstRTP    uint32 `json:"first_rtp"`
	Encrypted   bool   `json:"encrypted"`
}

type packetTimed struct {
	header
	File    string `json:"file"`
	Ticks   int64  `json:"ticks"`
	Arrived int64  `json:"arrived"`
}

type arrivalsStepped struct {
	header
	File    string `json:"file"`
	Ticks   int64  `json:"ticks"`
	Before  int64  `json:"before"`
	Arrived int64  `json:"arrived"`
	By      int64  `json:"by"`
}

type senderReported struct {
	header
	File  string `json:"file"`
	Ticks int64  `json:"ticks"`
	NTP   int64  `json:"ntp"`
}

type keyframeWritten struct {
	header
	File   string `json:"file"`
	Ticks  int64  `json:"ticks"`
	Offset int64  `json:"offset"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type packetsLost struct {
	header
	File  string `json:"file"`
	Ticks int64  `json:"ticks"`
	Count int    `json:"count"`
}

type fileClosed struct {
	header
	File   string `json:"file"`
	Ticks  int64  `json:"ticks"`
	Frames int    `json:"frames"`
	Reason string `json:"reason"`
}

// eventLog appends lines, each with one Write, from any goroutine.
type eventLog struct {
	clock  clock
	failed func(error)

	mu   sync.Mutex
	last int64 // when something was written last
	file *os.File
	line bytes.Buffer
	json *json.Encoder
}

// beatAfter is how long, in µs, nothing else may be written before the log says that time has passed. It is asked each
// second, by a ticker that is not exact.
const beatAfter = 900_000

// beat is a sign of life: without one, nobody could tell a tap that died from a room in which nothing happens.
func (l *eventLog) beat() {
	l.mu.Lock()
	quiet := l.clock.now()-l.last >= beatAfter
	l.mu.Unlock()
	if quiet {
		e := happened("time_passed")
		l.write(&e)
	}
}

// openEventLog opens or makes the file and reads which run of the take was the last; 0 when there was none.
// A last line that a crash tore gets its newline, so that what follows stands on a line of its own.
func openEventLog(path string, clock clock, failed func(error)) (log *eventLog, lastRun int, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, err
	}
	lastRun, torn, err := readRuns(file)
	if err == nil && torn {
		_, err = file.Write([]byte{'\n'})
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	log = &eventLog{clock: clock, failed: failed, file: file}
	log.json = json.NewEncoder(&log.line)
	log.json.SetEscapeHTML(false)
	return log, lastRun, nil
}

// readRuns returns the highest run and whether the last line lacks its newline.
func readRuns(r io.Reader) (lastRun int, torn bool, err error) {
	lines := newLineReader(r)
	for {
		line, whole, err := lines.next()
		if err == io.EOF {
			return lastRun, torn, nil
		}
		if err != nil {
			return 0, false, err
		}
		torn = !whole
		if torn || !bytes.Contains(line, []byte(`"take_opened"`)) {
			continue
		}
		var opened takeOpened
		if json.Unmarshal(line, &opened) == nil && opened.Event == "take_opened" {
			lastRun = max(lastRun, opened.Run)
		}
	}
}

// write stamps an event with the present, unless it has its time already, and appends it.
func (l *eventLog) write(e event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The time is taken under the lock: lines stand in the order of their times.
	if head := e.head(); head.At == 0 {
		head.At = l.clock.now()
		l.last = head.At
	}
	l.line.Reset()
	if err := l.json.Encode(e); err != nil {
		l.failed(fmt.Errorf("encode %s: %w", e.head().Event, err))
		return
	}
	if l.line.Len() > lineLimit {
		if data, ok := e.(*dataReceived); ok && data.Text != nil {
			data.Text = nil // escaped, 16 KiB of text can be six times as long
			l.line.Reset()
			_ = l.json.Encode(data)
		}
		if l.line.Len() > lineLimit {
			return
		}
	}
	if _, err := l.file.Write(l.line.Bytes()); err != nil {
		l.failed(fmt.Errorf("write events: %w", err))
	}
}
