// The tap joins a room at the engine and writes the take: every track as it arrives, and what happened.

package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// joinWithin bounds how long the tap tries before it leaves it to the server to start another one.
const joinWithin = 10 * time.Second

// Exit codes.
const (
	exitAsked = 0 // stopped in order
	exitLost  = 1 // the room or the disk is gone: start another tap
	exitUsage = 2 // no tap with these arguments will ever work
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	// The SDK reports at length; what matters to a take, the tap says itself.
	errorsOnly := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(errorsOnly)))
	confine()
	os.Exit(run())
}

func run() int {
	url := flag.String("url", "ws://127.0.0.1:7880", "address of the engine")
	folder := flag.String("take", "", "folder of the take; it exists and holds take.json")
	orphaned := flag.Duration("orphaned", 0, "how long to go on when the server has died")
	flag.Parse()
	token := os.Getenv("REELROOM_TAP_TOKEN")
	if *folder == "" || token == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: REELROOM_TAP_TOKEN=... tap --url ws://host:port --take DIR")
		return exitUsage
	}

	broken := make(chan error, 1)
	take, err := openTake(*folder, startClock(), func(err error) {
		select {
		case broken <- err:
		default:
		}
	})
	if err != nil {
		slog.Error("cannot open the take", "error", err)
		return exitUsage
	}
	slog.Info("take opened", "take", take.id, "run", take.run, "engine", *url)

	session := &session{take: take, room: newRoom(take), asked: asked(os.Stdin, *orphaned), broken: broken}
	return session.run(*url, token)
}

// asked is closed when somebody asks the tap to stop: by a signal, or by the end of its standard input. That means
// that the server died; for a while the next one may come and relieve this tap.
func asked(input io.Reader, orphaned time.Duration) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, input)
		close(ended)
	}()
	stop := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-ended:
			slog.Info("standard input ended", "going on for", orphaned)
			select {
			case <-signals:
			case <-time.After(orphaned):
			}
		}
		close(stop)
	}()
	return stop
}

// session is the tap's life between the opening of the take and its closing.
type session struct {
	take   *take
	room   *room
	asked  <-chan struct{}
	broken <-chan error

	left string // why the room is gone; empty while it is not
}

func (s *session) run(url, token string) int {
	s.room.onLeft = func(reason string) { s.left = reason }
	// A fresh tap is back in the room sooner, and knows better who is there, than a resumed connection: the
	// engine is on this machine, so a broken connection means that it has died.
	s.room.onReconnecting = func() { s.left = "the connection to the engine broke" }

	joined := make(chan error, 1)
	go func() { joined <- s.room.join(url, token) }()
	select {
	case <-s.asked:
		return s.close("")
	case err := <-s.broken:
		return s.close(err.Error())
	case <-time.After(joinWithin):
		return s.close("no connection to the engine in time")
	case err := <-joined:
		if err != nil {
			return s.close(fmt.Sprintf("cannot join: %v", err))
		}
	}
	s.room.joined()
	return s.record()
}

// record runs until the end is asked for or comes by itself.
func (s *session) record() int {
	go func() {
		for range time.Tick(time.Second) {
			s.take.disk.sync()
		}
	}()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-s.room.queue.ready:
			s.room.queue.run()
			if s.left != "" {
				return s.close(s.left)
			}
		case <-second.C:
			s.room.reconcile()
			s.take.events.beat()
		case err := <-s.broken:
			return s.close(err.Error())
		case <-s.asked:
			return s.close("")
		}
	}
}

// close ends the take; left is empty when the end was asked for.
func (s *session) close(left string) int {
	code, reason := exitAsked, "asked"
	if left != "" {
		code, reason = exitLost, "room_left"
		slog.Error("room left", "reason", left)
	}
	s.room.endAll(reason)
	if left != "" {
		s.take.events.write(&ended{happened("room_left"), left})
	}
	s.take.events.write(&ended{happened("take_closed"), reason})
	s.take.disk.sync()
	s.leave()
	slog.Info("take closed", "reason", reason)
	return code
}

// leave tells the engine, which else would keep the participant until its connection times out. It does
// not wait long: nothing of the take depends on it.
func (s *session) leave() {
	done := make(chan struct{})
	go func() {
		s.room.sdk.Disconnect()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(100 * time.Millisecond):
	}
}
