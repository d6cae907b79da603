// Who is in the room and what they publish, made out of callbacks that may come late or twice.

package main

import (
	"cmp"
	"slices"
	"strings"
)

// member is what the SDK says of a participant right now.
type member struct {
	identity, name string
	data           string // of their connection, as the application's token has it
	sid            string // changes when a person leaves and comes back
	entered        int64  // ms since the epoch, as the server noted when it let them in; 0: not known
	hidden         bool
	consent        string // to being recorded, as the server noted it: asked, given, declined; "": nobody asks
}

// refuses is whether nothing of somebody may be recorded: they declined, or have not answered yet.
func (p *person) refuses() bool { return p.consent != "" && p.consent != "given" }

// byArrival is the order of those who are there together: the SDK knows none.
func byArrival(a, b member) int {
	return cmp.Or(cmp.Compare(a.entered, b.entered), strings.Compare(a.identity, b.identity))
}

type person struct {
	sid, name string
	consent   string
	tracks    map[string]*offered
}

// people turns what it is told into events. It is used by one goroutine.
type people struct {
	take     *take
	present  map[string]*person // by identity
	speakers []speaker
	left     func(identity string, tracks []string) // their subscriptions are over
	consents func(identity string, refuses bool)    // what they publish is to be recorded from now on, or no longer
}

func newPeople(take *take, left func(identity string, tracks []string)) *people {
	return &people{take: take, present: map[string]*person{}, left: left, consents: func(string, bool) {}}
}

// see notes somebody who is in the room, and what changed about them.
func (p *people) see(m member) *person {
	if m.hidden || m.identity == "" {
		return nil
	}
	known := p.present[m.identity]
	if known != nil && known.sid != m.sid {
		p.leave(m.identity, known.sid)
		known = nil
	}
	if known == nil {
		known = &person{sid: m.sid, name: m.name, tracks: map[string]*offered{}}
		p.present[m.identity] = known
		p.take.events.write(&participantSeen{happened("participant_joined"), m.identity, m.name, m.data})
	}
	if known.name != m.name {
		known.name = m.name
		p.take.events.write(&participantSeen{happened("participant_renamed"), m.identity, m.name, ""})
	}
	if known.consent != m.consent {
		refused := known.refuses()
		known.consent = m.consent
		p.take.events.write(&consentChanged{happened("consent_changed"), m.identity, m.consent})
		if known.refuses() != refused {
			p.consents(m.identity, known.refuses())
		}
	}
	return known
}

// refuses is whether nothing of somebody who is there may be recorded.
func (p *people) refuses(identity string) bool {
	known := p.present[identity]
	return known != nil && known.refuses()
}

// leave notes that somebody left, unless they are back already as another sid.
func (p *people) leave(identity, sid string) {
	known := p.present[identity]
	if known == nil || known.sid != sid {
		return
	}
	var tracks []string
	for track := range known.tracks {
		tracks = append(tracks, track)
	}
	slices.Sort(tracks)
	p.left(identity, tracks)
	for _, track := range tracks {
		p.unpublish(identity, track)
	}
	delete(p.present, identity)
	p.take.events.write(&participantLeft{happened("participant_left"), identity})
	// The SDK never takes the ones who left off its list.
	if slices.ContainsFunc(p.speakers, func(s speaker) bool { return s.Participant == identity }) {
		p.speak(p.speakers)
	}
}

// keepOnly lets everybody go who is not in the room any more.
func (p *people) keepOnly(members []member) {
	for identity, known := range p.present {
		if !slices.ContainsFunc(members, func(m member) bool { return m.sid == known.sid }) {
			p.leave(identity, known.sid)
		}
	}
}

func (p *people) publish(m member, about published, muted bool) {
	known := p.see(m)
	if known == nil || known.tracks[about.track] != nil {
		return
	}
	known.tracks[about.track] = &offered{about: about, muted: muted, since: p.take.clock.now()}
	p.take.events.write(&trackPublished{
		happened("track_published"), about.participant, about.track, about.kind, about.source, muted, about.encrypted,
	})
}

func (p *people) unpublish(identity, track string) {
	known := p.present[identity]
	if known == nil || known.tracks[track] == nil {
		return
	}
	delete(known.tracks, track)
	p.take.events.write(&trackChanged{happened("track_unpublished"), identity, track})
}

func (p *people) mute(identity, track string, muted bool) {
	known := p.present[identity]
	if known == nil || known.tracks[track] == nil {
		return
	}
	known.tracks[track].muted, known.tracks[track].since = muted, p.take.clock.now()
	name := "track_unmuted"
	if muted {
		name = "track_muted"
	}
	p.take.events.write(&trackChanged{happened(name), identity, track})
}

// speak notes who speaks now, loudest first.
func (p *people) speak(speakers []speaker) {
	now := make([]speaker, 0, len(speakers))
	for _, s := range speakers {
		if known := p.present[s.Participant]; known != nil && known.sid == s.sid {
			now = append(now, s)
		}
	}
	slices.SortStableFunc(now, func(a, b speaker) int {
		switch {
		case a.Level > b.Level:
			return -1
		case a.Level < b.Level:
			return 1
		}
		return strings.Compare(a.Participant, b.Participant)
	})
	const most = 64 // a line has its limit
	now = now[:min(len(now), most)]
	if slices.Equal(now, p.speakers) {
		return
	}
	p.speakers = now
	p.take.events.write(&speakersChanged{happened("speakers_changed"), now})
}
