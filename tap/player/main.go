// A publisher for tests, who sends prepared frames at prepared times under RTP timestamps of the test's choice: clocks
// that stop, leap or count, pictures out of order, and codecs and packets of any kind. A library reports when it sent
// what; whoever sends pictures out of order must say when they were captured.

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

const (
	mtu      = 1150
	ntpEpoch = 2_208_988_800 // s from 1900 to 1970
)

// program is the first line of standard input; a line for each frame follows, in order of time. The player leaves when
// the last one is sent.
type program struct {
	URL      string  `json:"url"`
	Token    string  `json:"token"`
	Tracks   []track `json:"tracks"`
	Captured bool    `json:"captured"` // sender reports are of the time of capture: the clock began with the player
	First    uint32  `json:"first"`    // that clock's RTP timestamp then, for all tracks
}

type track struct {
	Mime   string `json:"mime"`
	Rate   uint32 `json:"rate"` // Hz, of its RTP clock
	Format string `json:"format"`
	Source string `json:"source"` // camera, microphone …; of LiveKit's names
	Name   string `json:"name"`
}

type frame struct {
	At    int64  `json:"at"` // µs since the first frame could be sent
	Track int    `json:"track"`
	Ticks uint32 `json:"ticks"` // RTP timestamp
	Data  []byte `json:"data"`  // encoded; one packet of sound, one picture (H.264 as Annex B)
}

// playing is a track that is published.
type playing struct {
	local    *webrtc.TrackLocalStaticRTP
	payload  rtp.Payloader
	sound    bool
	sequence uint16
}

func main() {
	errorsOnly := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(errorsOnly)))
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "player:", err)
		os.Exit(1)
	}
}

func run() error {
	input := json.NewDecoder(bufio.NewReader(os.Stdin))
	var wanted program
	if err := input.Decode(&wanted); err != nil {
		return fmt.Errorf("no program: %w", err)
	}
	offered := func(params *signalling.ConnectParams) { params.Codecs = offeredCodecs(wanted.Tracks) }
	options := []lksdk.ConnectOption{lksdk.WithAutoSubscribe(false), offered}
	if wanted.Captured {
		resending, err := nack.NewResponderInterceptor()
		if err != nil {
			return err
		}
		options = append(options, lksdk.WithInterceptors([]interceptor.Factory{resending})) // no reports of its own
	}
	room, err := lksdk.ConnectToRoomWithToken(wanted.URL, wanted.Token, &lksdk.RoomCallback{}, options...)
	if err != nil {
		return fmt.Errorf("cannot join: %w", err)
	}
	defer room.Disconnect()
	tracks := make([]*playing, 0, len(wanted.Tracks))
	for number, each := range wanted.Tracks {
		published, err := publish(room, number, each)
		if err != nil {
			return fmt.Errorf("cannot publish %s: %w", each.Mime, err)
		}
		tracks = append(tracks, published)
	}
	connection := room.LocalParticipant.GetPublisherPeerConnection()
	for deadline := time.Now().Add(30 * time.Second); connection.ConnectionState() != webrtc.PeerConnectionStateConnected; {
		if time.Now().After(deadline) {
			return errors.New("no connection to send over")
		}
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	fmt.Printf("{\"began\": %d}\n", began.UnixMicro())
	if wanted.Captured {
		go report(connection, wanted, began)
	}
	for {
		var next frame
		if err := input.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("not a frame: %w", err)
		}
		time.Sleep(time.Until(began.Add(time.Duration(next.At) * time.Microsecond)))
		if err := tracks[next.Track].send(next); err != nil {
			return err
		}
	}
}

// report says each second which RTP timestamp each track's clock has, until the connection is closed.
func report(connection *webrtc.PeerConnection, wanted program, began time.Time) {
	for now := range time.Tick(time.Second) {
		since := now.Sub(began).Seconds()
		var reports []rtcp.Packet
		for _, sender := range connection.GetSenders() {
			local, published := sender.Track().(*webrtc.TrackLocalStaticRTP)
			if !published {
				continue
			}
			rate := float64(local.Codec().ClockRate)
			reports = append(reports, &rtcp.SenderReport{
				SSRC:    uint32(sender.GetParameters().Encodings[0].SSRC),
				NTPTime: uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/1e9,
				RTPTime: wanted.First + uint32(since*rate),
			})
		}
		if err := connection.WriteRTCP(reports); err != nil {
			return
		}
	}
}

// offeredCodecs are those that are played, so that each is negotiated as it is wanted.
func offeredCodecs(tracks []track) []webrtc.RTPCodecParameters {
	var offered []webrtc.RTPCodecParameters
	seen := map[string]bool{}
	for _, each := range tracks {
		if key := each.Mime + each.Format; seen[key] {
			continue
		} else {
			seen[key] = true
		}
		offered = append(offered, webrtc.RTPCodecParameters{
			RTPCodecCapability: each.capability(), PayloadType: webrtc.PayloadType(96 + len(offered)),
		})
	}
	return offered
}

func (t track) isSound() bool { return strings.HasPrefix(t.Mime, "audio/") }

func (t track) capability() webrtc.RTPCodecCapability {
	capability := webrtc.RTPCodecCapability{MimeType: t.Mime, ClockRate: t.Rate, SDPFmtpLine: t.Format}
	if strings.EqualFold(t.Mime, webrtc.MimeTypeOpus) {
		capability.Channels = 2
	}
	return capability
}

func publish(room *lksdk.Room, number int, wanted track) (*playing, error) {
	local, err := webrtc.NewTrackLocalStaticRTP(wanted.capability(), fmt.Sprintf("%d-%s", number, wanted.Name), wanted.Name)
	if err != nil {
		return nil, err
	}
	source := livekit.TrackSource(livekit.TrackSource_value[strings.ToUpper(wanted.Source)])
	options := &lksdk.TrackPublicationOptions{Name: wanted.Name, Source: source}
	if _, err := room.LocalParticipant.PublishTrack(local, options); err != nil {
		return nil, err
	}
	return &playing{local: local, payload: payloaderOf(wanted.Mime), sound: wanted.isSound()}, nil
}

func payloaderOf(mime string) rtp.Payloader {
	switch strings.ToLower(mime) {
	case "video/vp8":
		return &codecs.VP8Payloader{EnablePictureID: true}
	case "video/vp9":
		return &codecs.VP9Payloader{}
	case "video/h264":
		return &codecs.H264Payloader{}
	case "video/av1":
		return &codecs.AV1Payloader{}
	default:
		return &codecs.OpusPayloader{} // as it is
	}
}

func (p *playing) send(f frame) error {
	payloads := p.payload.Payload(mtu, f.Data)
	for index, payload := range payloads {
		packet := &rtp.Packet{Header: rtp.Header{
			Version: 2, Marker: !p.sound && index == len(payloads)-1, SequenceNumber: p.sequence, Timestamp: f.Ticks,
		}, Payload: payload}
		p.sequence++
		if err := p.local.WriteRTP(packet); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return fmt.Errorf("not sent: %w", err)
		}
	}
	return nil
}
