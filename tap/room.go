// The room at the engine: what the SDK calls back becomes events and subscriptions.

package main

import (
	"log/slog"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// textLimit is the longest text of a data message that goes into a take.
const textLimit = 16 * 1024

// room does everything on the goroutine that runs its queue.
type room struct {
	take          *take
	queue         *queue
	people        *people
	sdk           *lksdk.Room
	subscriptions map[string]*subscription // by track
	budgets       map[string]*budget       // for data messages, by participant; the server's own is ""
	suspended     bool                     // the connection is broken: nobody is known to have left

	onLeft         func(reason string)
	onReconnecting func()
}

func newRoom(take *take) *room {
	r := &room{take: take, queue: newQueue(), subscriptions: map[string]*subscription{}, budgets: map[string]*budget{}}
	r.people = newPeople(take, func(_ string, tracks []string) {
		for _, track := range tracks {
			r.unsubscribe(track, nil)
		}
	})
	r.people.consents = r.consents
	callback := &lksdk.RoomCallback{
		OnDisconnectedWithReason: func(reason lksdk.DisconnectionReason) {
			r.queue.post(func() { r.onLeft(string(reason)) })
		},
		OnReconnecting: func() { r.queue.post(r.suspend) },
		OnParticipantConnected: func(p *lksdk.RemoteParticipant) {
			r.queue.post(func() {
				// This callback has a goroutine of its own and may come when the person is gone again.
				if r.sdk.GetParticipantBySID(p.SID()) != nil {
					r.people.see(memberOf(p))
				}
			})
		},
		OnParticipantDisconnected: func(p *lksdk.RemoteParticipant) {
			r.queue.post(func() {
				if !r.suspended {
					r.people.leave(p.Identity(), p.SID())
				}
			})
		},
		OnActiveSpeakersChanged: func(speakers []lksdk.Participant) {
			r.queue.post(func() { r.people.speak(speakersOf(speakers)) })
		},
		ParticipantCallback: lksdk.ParticipantCallback{
			OnAttributesChanged: func(_ map[string]string, p lksdk.Participant) {
				if remote, ok := p.(*lksdk.RemoteParticipant); ok {
					r.queue.post(func() {
						if r.sdk.GetParticipantBySID(remote.SID()) != nil {
							r.people.see(memberOf(remote))
						}
					})
				}
			},
			OnTrackPublished: func(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
				r.queue.post(func() { r.people.publish(memberOf(p), aboutTrack(pub, p), pub.IsMuted()) })
			},
			OnTrackUnpublished: func(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
				r.queue.post(func() { r.people.unpublish(p.Identity(), pub.SID()) })
			},
			OnTrackMuted: func(pub lksdk.TrackPublication, p lksdk.Participant) {
				r.queue.post(func() { r.people.mute(p.Identity(), pub.SID(), true) })
			},
			OnTrackUnmuted: func(pub lksdk.TrackPublication, p lksdk.Participant) {
				r.queue.post(func() { r.people.mute(p.Identity(), pub.SID(), false) })
			},
			OnTrackSubscribed: func(remote *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
				r.queue.post(func() { r.subscribe(remote, pub, p) })
			},
			OnTrackUnsubscribed: func(remote *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				r.queue.post(func() {
					if !r.suspended {
						r.unsubscribe(pub.SID(), nil)
					}
				})
			},
			OnTrackSubscriptionFailed: func(sid string, p *lksdk.RemoteParticipant) {
				slog.Warn("subscription failed", "track", sid, "participant", p.Identity())
			},
			OnDataPacket: func(data lksdk.DataPacket, params lksdk.DataReceiveParams) {
				if user, ok := data.(*lksdk.UserDataPacket); ok {
					r.queue.post(func() { r.data(user, params.SenderIdentity) })
				}
			},
		},
	}
	r.sdk = lksdk.NewRoom(callback)
	return r
}

// join blocks until media can flow.
func (r *room) join(url, token string) error {
	return r.sdk.JoinWithToken(url, token, offeredCodecs)
}

// joined is called when join has returned; only then the queue may run.
func (r *room) joined() {
	r.take.events.write(&roomJoined{happened("room_joined"), r.sdk.Name()})
	r.reconcile()
	// Callbacks tell of these in any order, but who came first is first in a grid.
	for _, p := range r.participants() {
		for _, pub := range p.TrackPublications() {
			if remote, ok := pub.(*lksdk.RemoteTrackPublication); ok {
				r.people.publish(memberOf(p), aboutTrack(remote, p), remote.IsMuted())
			}
		}
	}
}

// participants are all who are there, in the order in which they came.
func (r *room) participants() []*lksdk.RemoteParticipant {
	all := r.sdk.GetRemoteParticipants()
	slices.SortFunc(all, func(a, b *lksdk.RemoteParticipant) int { return byArrival(memberOf(a), memberOf(b)) })
	return all
}

func (r *room) suspend() {
	r.suspended = true
	r.onReconnecting()
}

// reconcile finds what has no callback: new names, people without tracks after a restart of the connection.
func (r *room) reconcile() {
	if r.suspended {
		return
	}
	var members []member
	for _, p := range r.participants() {
		m := memberOf(p)
		members = append(members, m)
		r.people.see(m)
	}
	r.people.keepOnly(members)
	r.people.check(r.take.clock.now(), r.absent)
	r.tellDropped()
}

func (r *room) subscribe(remote *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
	about := aboutTrack(pub, p)
	codec, ok := codecOf(remote.Codec().MimeType)
	if !ok {
		slog.Warn("no such codec in a take", "track", about.track, "codec", remote.Codec().MimeType)
		return
	}
	if before := r.subscriptions[about.track]; before != nil {
		before.end("unsubscribed")
	}
	r.people.publish(memberOf(p), about, pub.IsMuted())
	if r.people.refuses(about.participant) {
		r.subscribeTo(pub, false)
		return
	}
	s := newSubscription(r.take, about, codec, int64(remote.Codec().ClockRate))
	r.subscriptions[about.track] = s
	s.log.Info("track subscribed", "kind", about.kind, "source", about.source)

	ssrc := remote.SSRC()
	pub.OnRTCP(func(packet rtcp.Packet) {
		if report, ok := packet.(*rtcp.SenderReport); ok && report.SSRC == uint32(ssrc) {
			s.senderReport(report)
		}
	})
	if about.kind == "video" {
		if err := pub.SetVideoQuality(livekit.VideoQuality_HIGH); err != nil {
			s.log.Warn("cannot ask for the highest layer", "error", err)
		}
	}
	go func() {
		s.read(remote, func(wanted wishes) { r.ask(uint32(ssrc), wanted) })
		r.ended(about.track, s)
	}()
}

// consents begins or ends to record all that somebody publishes: of who does not agree, nothing reaches the disk.
func (r *room) consents(identity string, refuses bool) {
	p := r.sdk.GetParticipantByIdentity(identity)
	if p == nil {
		return
	}
	for _, pub := range p.TrackPublications() {
		if refuses {
			r.unsubscribe(pub.SID(), nil)
		}
		if remote, ok := pub.(*lksdk.RemoteTrackPublication); ok {
			r.subscribeTo(remote, !refuses)
		}
	}
}

func (r *room) subscribeTo(pub *lksdk.RemoteTrackPublication, wanted bool) {
	if err := pub.SetSubscribed(wanted); err != nil {
		slog.Warn("cannot change a subscription", "track", pub.SID(), "wanted", wanted, "error", err)
	}
}

// ask sends the engine what a subscription wants.
func (r *room) ask(ssrc uint32, wanted wishes) {
	var packets []rtcp.Packet
	if wanted.keyframe {
		packets = append(packets, &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: ssrc})
	}
	if len(wanted.missing) > 0 {
		pairs := rtcp.NackPairsFromSequenceNumbers(wanted.missing)
		packets = append(packets, &rtcp.TransportLayerNack{SenderSSRC: ssrc, MediaSSRC: ssrc, Nacks: pairs})
	}
	connection := r.sdk.LocalParticipant.GetSubscriberPeerConnection()
	if connection == nil {
		return
	}
	if err := connection.WriteRTCP(packets); err != nil {
		slog.Warn("cannot ask the engine", "error", err)
	}
}

// ended is called when no more packets of a subscription will come. Where the whole room ends, so do the
// tracks, a moment earlier than we are told why.
func (r *room) ended(track string, s *subscription) {
	time.AfterFunc(200*time.Millisecond, func() {
		r.queue.post(func() {
			if r.suspended {
				r.ended(track, s)
				return
			}
			r.unsubscribe(track, s)
		})
	})
}

// unsubscribe ends the subscription of a track; only is nil or the one subscription that is meant.
func (r *room) unsubscribe(track string, only *subscription) {
	s := r.subscriptions[track]
	if only != nil && s != only {
		only.end("unsubscribed")
		return
	}
	if s != nil {
		s.end("unsubscribed")
		delete(r.subscriptions, track)
	}
}

// endAll ends every subscription for the same reason.
func (r *room) endAll(reason string) {
	for track, s := range r.subscriptions {
		s.end(reason)
		delete(r.subscriptions, track)
	}
}

func (r *room) data(packet *lksdk.UserDataPacket, sender string) {
	if r.people.refuses(sender) {
		return
	}
	spent := r.budgets[sender]
	if spent == nil {
		spent = &budget{}
		r.budgets[sender] = spent
	}
	if !spent.spend(r.take.clock.now(), len(packet.Payload)+len(packet.Topic)) {
		r.tellDropped()
		return
	}
	e := &dataReceived{header: happened("data_received"), Participant: sender, Topic: packet.Topic}
	if len(packet.Payload) <= textLimit && utf8.Valid(packet.Payload) {
		text := string(packet.Payload)
		e.Text = &text
	}
	r.take.events.write(e)
}

// tellDropped says what went over the budgets, now and then.
func (r *room) tellDropped() {
	now := r.take.clock.now()
	for sender, spent := range r.budgets {
		if messages, bytes := spent.tell(now); messages > 0 {
			slog.Warn("data messages dropped", "participant", sender, "messages", messages, "bytes", bytes)
			r.take.events.write(&dataDropped{happened("data_dropped"), sender, messages, bytes})
		}
	}
}

func memberOf(p *lksdk.RemoteParticipant) member {
	permissions := p.Permissions()
	entered, _ := strconv.ParseInt(p.Attributes()["enteredAt"], 10, 64)
	return member{
		identity: p.Identity(), name: cleanName(p.Name()), data: cutData(p.Metadata()), sid: p.SID(), entered: entered,
		hidden: permissions != nil && permissions.Hidden, consent: p.Attributes()["consent"],
	}
}

func speakersOf(participants []lksdk.Participant) []speaker {
	speakers := make([]speaker, 0, len(participants))
	for _, p := range participants {
		level := math.Round(float64(p.AudioLevel())*1e4) / 1e4
		speakers = append(speakers, speaker{p.Identity(), level, p.SID()})
	}
	return speakers
}

func aboutTrack(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) published {
	about := published{participant: p.Identity(), track: pub.SID(), kind: "audio", source: "unknown"}
	if info := pub.TrackInfo(); info != nil {
		about.encrypted = info.Encryption != livekit.Encryption_NONE
		about.mimeType = info.MimeType
	}
	if pub.Kind() == lksdk.TrackKindVideo {
		about.kind = "video"
	}
	switch pub.Source() {
	case livekit.TrackSource_CAMERA:
		about.source = "camera"
	case livekit.TrackSource_MICROPHONE:
		about.source = "microphone"
	case livekit.TrackSource_SCREEN_SHARE:
		about.source = "screen_share"
	case livekit.TrackSource_SCREEN_SHARE_AUDIO:
		about.source = "screen_share_audio"
	}
	return about
}
