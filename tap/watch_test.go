package main

import "testing"

func TestATrackWithoutAFileIsToldOfOnce(t *testing.T) {
	take, events := takeForTest(t)
	p := newPeople(take, func(string, []string) {})
	r := &room{take: take, people: p, subscriptions: map[string]*subscription{}}
	voice := published{participant: "alice", track: "TR_2", kind: "audio", source: "microphone", mimeType: "audio/G729"}
	p.publish(alice, camera, false)
	p.publish(alice, voice, true)
	s := newSubscription(take, camera, vp8Codec, 90000)
	r.subscriptions["TR_1"] = s
	now := take.clock.now()
	pass := func(seconds int64) {
		now += seconds * 1_000_000
		p.check(now, r.absent)
	}
	pass(0)
	pass(9) // there is time yet
	pass(2) // nothing came of the camera; the microphone is muted
	p.mute("alice", "TR_2", false)
	pass(1)
	pass(10) // the camera was told of already
	f := feed{s: s, now: now}
	f.send(1, 0, true, vp8Key())
	pass(1) // there it is
	s.end("asked")
	p.mute("alice", "TR_2", true)
	pass(11)
	compare(t, events("track", "kind", "reason", "detail"),
		"take_opened",
		"participant_joined",
		"track_published track=TR_1 kind=video",
		"track_published track=TR_2 kind=audio",
		"track_not_recorded track=TR_1 kind=video reason=no_packets detail=nothing was sent",
		"track_unmuted track=TR_2",
		"track_not_recorded track=TR_2 kind=audio reason=codec detail=audio/G729",
		"file_opened track=TR_1 kind=video",
		"keyframe_written",
		"packet_timed",
		"file_closed reason=asked",
		"track_muted track=TR_2",
		"track_not_recorded track=TR_1 kind=video reason=no_keyframe detail=pictures were sent, but none that can be decoded by itself",
	)
}
