package main

import (
	"slices"
	"strings"
	"testing"
)

var (
	alice      = member{identity: "alice", name: "Alice", sid: "PA_1"}
	aliceAgain = member{identity: "alice", name: "Alice", sid: "PA_2"}
	camera     = published{participant: "alice", track: "TR_1", kind: "video", source: "camera"}
)

func TestSomebodyComesAndGoes(t *testing.T) {
	take, events := takeForTest(t)
	var ended []string
	p := newPeople(take, func(_ string, tracks []string) { ended = append(ended, tracks...) })
	p.publish(alice, camera, false) // the callback for the track may come before the one for the person
	p.see(alice)
	p.mute("alice", "TR_1", true)
	p.mute("alice", "TR_9", true) // nobody has heard of this track
	p.see(member{identity: "alice", name: "Alice B.", sid: "PA_1"})
	p.see(member{identity: "tap", name: "", sid: "PA_9", hidden: true})
	p.leave("alice", "PA_1")
	p.leave("alice", "PA_1")
	compare(t, events("participant", "name", "track"),
		"take_opened",
		"participant_joined participant=alice name=Alice",
		"track_published participant=alice track=TR_1",
		"track_muted participant=alice track=TR_1",
		"participant_renamed participant=alice name=Alice B.",
		"track_unpublished participant=alice track=TR_1",
		"participant_left participant=alice",
	)
	if len(ended) != 1 || ended[0] != "TR_1" {
		t.Errorf("subscriptions that ended: %v", ended)
	}
}

func TestALateGoodbyeDoesNotTouchTheOneWhoCameBack(t *testing.T) {
	take, events := takeForTest(t)
	p := newPeople(take, func(string, []string) {})
	p.see(alice)
	p.see(aliceAgain)
	p.leave("alice", "PA_1")
	p.keepOnly([]member{aliceAgain})
	compare(t, events(), "take_opened", "participant_joined", "participant_left", "participant_joined")
	p.keepOnly(nil)
	compare(t, events()[4:], "participant_left")
}

func TestSpeakers(t *testing.T) {
	take, events := takeForTest(t)
	p := newPeople(take, func(string, []string) {})
	bob := member{identity: "bob", name: "Bob", sid: "PA_3"}
	p.see(alice)
	p.see(bob)
	p.speak([]speaker{{"alice", 0.2, "PA_1"}, {"bob", 0.5, "PA_3"}, {"bob", 0.9, "PA_0"}, {"carol", 1, "PA_4"}})
	p.speak([]speaker{{"alice", 0.2, "PA_1"}, {"bob", 0.5, "PA_3"}})
	p.leave("bob", "PA_3")
	p.speak(nil)
	p.speak(nil)
	compare(t, events("speakers")[3:],
		`speakers_changed speakers=[{"level":0.5,"participant":"bob"},{"level":0.2,"participant":"alice"}]`,
		`participant_left`,
		`speakers_changed speakers=[{"level":0.2,"participant":"alice"}]`,
		`speakers_changed speakers=[]`,
	)
}

func TestThoseWhoAreThereComeInTheOrderOfTheirArrival(t *testing.T) {
	members := []member{
		{identity: "last", entered: 3}, {identity: "b", entered: 2}, {identity: "a", entered: 2}, {identity: "unknown"},
	}
	slices.SortFunc(members, byArrival)
	var names []string
	for _, m := range members {
		names = append(names, m.identity)
	}
	if want := []string{"unknown", "a", "b", "last"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestConnectionDataIsKept(t *testing.T) {
	take, events := takeForTest(t)
	p := newPeople(take, func(string, []string) {})
	p.see(member{identity: "alice", name: "Alice", sid: "PA_1", data: cutData("user=7\xff")})
	p.see(alice)
	compare(t, events("participant", "data"), "take_opened", "participant_joined participant=alice data=user=7")
	if got := cutData(strings.Repeat("é", 5000)); got != strings.Repeat("é", longestData) {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func TestConsentIsToldAndObeyed(t *testing.T) {
	take, events := takeForTest(t)
	p := newPeople(take, func(string, []string) {})
	var told []bool
	p.consents = func(_ string, refuses bool) { told = append(told, refuses) }
	says := func(consent string) {
		p.see(member{identity: "alice", name: "Alice", sid: "PA_1", consent: consent})
	}
	for _, consent := range []string{"asked", "asked", "declined", "given", "declined"} {
		says(consent)
	}
	if !p.refuses("alice") || p.refuses("bob") {
		t.Error("alice refuses, and nobody else does")
	}
	p.see(member{identity: "bob", name: "Bob", sid: "PA_2"}) // nobody asks him
	if p.refuses("bob") {
		t.Error("who is not asked refuses nothing")
	}
	compare(t, events("participant", "consent"),
		"take_opened",
		"participant_joined participant=alice",
		"consent_changed participant=alice consent=asked",
		"consent_changed participant=alice consent=declined",
		"consent_changed participant=alice consent=given",
		"consent_changed participant=alice consent=declined",
		"participant_joined participant=bob",
	)
	if !slices.Equal(told, []bool{true, false, true}) {
		t.Errorf("recording begins and ends: %v", told)
	}
}
