// A crowd for measurements: one person in each of many rooms, who publishes a recorded camera and microphone again
// and again. Nothing is encoded, so that what is measured beside it has the machine to itself.

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/mediatransportutil/pkg/pacer"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// Whoever measures says on standard input, in one line of JSON, who is to join; the crowd leaves when the input ends.
type order struct {
	URL    string   `json:"url"`
	Tokens []string `json:"tokens"`
}

// recording is a track's packets or pictures, all of one duration.
type recording struct {
	mime    string
	source  livekit.TrackSource
	samples [][]byte
	each    time.Duration
}

func main() {
	errorsOnly := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(errorsOnly)))
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func run() error {
	videoPath := flag.String("video", "", "IVF file with VP8")
	soundPath := flag.String("sound", "", "Ogg file with Opus")
	flag.Parse()
	video, err := readVideo(*videoPath)
	if err != nil {
		return fmt.Errorf("%s: %w", *videoPath, err)
	}
	sound, err := readSound(*soundPath)
	if err != nil {
		return fmt.Errorf("%s: %w", *soundPath, err)
	}
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no order: %w", err)
	}
	var wanted order
	if err := json.Unmarshal(line, &wanted); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	for _, token := range wanted.Tokens {
		if err := join(wanted.URL, token, video, sound); err != nil {
			return err
		}
	}
	fmt.Printf("{\"published\": %d}\n", len(wanted.Tokens))
	_, err = io.Copy(io.Discard, input)
	return err
}

// A browser spreads the packets of a large picture over some milliseconds, too.
var paced = pacer.NewPacerFactory(
	pacer.LeakyBucketPacer,
	pacer.WithSendInterval(5*time.Millisecond),
	pacer.WithBitrate(10_000_000),
	pacer.WithMaxLatency(200*time.Millisecond),
)

// join publishes both recordings in the room of the token until the process ends.
func join(url, token string, recordings ...recording) error {
	room, err := lksdk.ConnectToRoomWithToken(
		url, token, &lksdk.RoomCallback{}, lksdk.WithAutoSubscribe(false), lksdk.WithPacer(paced),
	)
	if err != nil {
		return fmt.Errorf("cannot join: %w", err)
	}
	for _, each := range recordings {
		track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: each.mime})
		if err != nil {
			return err
		}
		options := &lksdk.TrackPublicationOptions{Name: each.source.String(), Source: each.source}
		if _, err := room.LocalParticipant.PublishTrack(track, options); err != nil {
			return fmt.Errorf("cannot publish: %w", err)
		}
		go each.play(track)
	}
	return nil
}

// play keeps to the clock: what is late is sent at once.
func (r recording) play(track *lksdk.LocalTrack) {
	due := time.Now()
	for count := 0; ; count++ {
		sample := media.Sample{Data: r.samples[count%len(r.samples)], Duration: r.each}
		if err := track.WriteSample(sample, nil); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			slog.Error("not sent", "error", err)
		}
		due = due.Add(r.each)
		time.Sleep(time.Until(due))
	}
}

func readVideo(path string) (recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return recording{}, err
	}
	defer file.Close()
	reader, header, err := ivfreader.NewWith(file)
	if err != nil {
		return recording{}, err
	}
	each := time.Second * time.Duration(header.TimebaseNumerator) / time.Duration(header.TimebaseDenominator)
	video := recording{mime: webrtc.MimeTypeVP8, source: livekit.TrackSource_CAMERA, each: each}
	for {
		frame, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return video, nil
		}
		if err != nil {
			return recording{}, err
		}
		video.samples = append(video.samples, frame)
	}
}

// readSound expects a page for each packet of 20 ms.
func readSound(path string) (recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return recording{}, err
	}
	defer file.Close()
	reader, _, err := oggreader.NewWith(file)
	if err != nil {
		return recording{}, err
	}
	sound := recording{mime: webrtc.MimeTypeOpus, source: livekit.TrackSource_MICROPHONE, each: 20 * time.Millisecond}
	for {
		page, header, err := reader.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return sound, nil
		}
		if err != nil {
			return recording{}, err
		}
		if header.GranulePosition != 0 { // else it tells of the stream, not of sound
			sound.samples = append(sound.samples, page)
		}
	}
}
