package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openForTest(t *testing.T, text string) (*eventLog, int, func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log, run, err := openEventLog(path, startClock(), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.file.Close() })
	return log, run, func() string {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
}

func TestRunsAreCounted(t *testing.T) {
	for text, want := range map[string]int{
		"": 0,
		`{"at":1,"event":"take_opened","run":1}` + "\n":                                                   1,
		`{"at":1,"event":"take_opened","run":1}` + "\n" + `{"at":2,"event":"take_opened","run":2` + "\n":  1,
		`{"at":1,"event":"take_opened","run":7}` + "\n" + `{"at":2,"event":"take_opened","run":2}` + "\n": 7,
		`{"at":1,"event":"data_received","text":"\"take_opened\"","run":9}` + "\n":                        0,
		strings.Repeat("x", 200_000) + "\n" + `{"event":"take_opened","run":3}` + "\n":                    3,
	} {
		if _, run, _ := openForTest(t, text); run != want {
			t.Errorf("%.60q: last run %d, want %d", text, run, want)
		}
	}
}

func TestATornLastLineGetsItsNewline(t *testing.T) {
	torn := `{"at":1,"event":"take_opened","run":1}` + "\n" + `{"at":2,"event":"pack`
	log, run, read := openForTest(t, torn)
	if run != 1 {
		t.Errorf("last run %d", run)
	}
	log.write(&roomJoined{header{5, "room_joined"}, "demo"})
	if got, want := read(), torn+"\n"+`{"at":5,"event":"room_joined","session":"demo"}`+"\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestAWholeLastLineGetsNoSecondNewline(t *testing.T) {
	log, _, read := openForTest(t, "{}\n")
	log.write(&roomJoined{header{5, "room_joined"}, "<&>"})
	if got, want := read(), "{}\n"+`{"at":5,"event":"room_joined","session":"<&>"}`+"\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestALineKeepsItsLimit(t *testing.T) {
	log, _, read := openForTest(t, "")
	text := strings.Repeat("\x01", textLimit)
	log.write(&dataReceived{happened("data_received"), "alice", "chat", &text})
	var got map[string]any
	if err := json.Unmarshal([]byte(read()), &got); err != nil {
		t.Fatal(err)
	}
	if _, has := got["text"]; has || got["topic"] != "chat" {
		t.Errorf("%v", got)
	}
}

func TestEventsAreStampedOnTheTapsClock(t *testing.T) {
	log, _, read := openForTest(t, "")
	before := time.Now().UnixMicro()
	log.write(&participantLeft{happened("participant_left"), "bob"})
	var got header
	if err := json.Unmarshal([]byte(read()), &got); err != nil {
		t.Fatal(err)
	}
	if after := time.Now().UnixMicro(); got.At < before-1000 || got.At > after+1000 {
		t.Errorf("at %d, not between %d and %d", got.At, before, after)
	}
}

func TestTimePassesOnlyWhereNothingElseIsWritten(t *testing.T) {
	take, events := takeForTest(t)
	passes := func(us int64) {
		take.events.last -= us
		take.events.beat()
	}
	passes(500_000)
	passes(500_000) // a second since the take was opened
	take.events.write(&participantLeft{happened("participant_left"), "ann"})
	passes(800_000)
	passes(200_000)
	compare(t, events(), "take_opened", "time_passed", "participant_left", "time_passed")
}
