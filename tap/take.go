// The folder of a take: which run this is, and the files that it gets.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const formatVersion = 3

// take is shared by everything that writes.
type take struct {
	folder string
	id     string
	run    int
	clock  clock
	events *eventLog
	disk   *disk
	failed func(error) // the take cannot be written any more

	mu      sync.Mutex
	numbers map[string]int // of the newest file of each track, within this run
}

func openTake(folder string, clock clock, failed func(error)) (*take, error) {
	text, err := os.ReadFile(filepath.Join(folder, "take.json"))
	if err != nil {
		return nil, err
	}
	var about struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(text, &about); err != nil || about.ID == "" {
		return nil, fmt.Errorf("take.json has no id: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "tracks"), 0o755); err != nil {
		return nil, err
	}
	events, lastRun, err := openEventLog(filepath.Join(folder, "events.jsonl"), clock, failed)
	if err != nil {
		return nil, err
	}
	t := &take{
		folder: folder, id: about.ID, run: lastRun + 1,
		clock: clock, events: events, disk: newDisk(), failed: failed,
		numbers: map[string]int{},
	}
	t.disk.add(events.file, folder)
	t.events.write(&takeOpened{happened("take_opened"), t.run, t.id, formatVersion})
	return t, nil
}

// newTrackFile makes the next file of a track.
func (t *take) newTrackFile(track string) (file *os.File, name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, track)
	for {
		t.numbers[track]++
		name = fmt.Sprintf("tracks/%d-%s-%d.mkv", t.run, safe, t.numbers[track])
		file, err = os.OpenFile(filepath.Join(t.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue // a run whose events were lost left it behind
		}
		if err != nil {
			return nil, "", err
		}
		t.disk.add(file, filepath.Join(t.folder, "tracks"))
		return file, name, nil
	}
}
