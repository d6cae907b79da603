// The telephone carries calls between SIP and sockets: PCM and messages here, RTP and digits there.

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo/sip"
)

// Exit codes.
const (
	exitOver   = 0 // what was asked for is over, however it ended: the other side was told
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	// The libraries report at length, and at debug whole messages with credentials in them.
	quiet := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	sip.SetDefaultLogger(quiet)
	media.SetDefaultLogger(quiet)
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	if len(arguments) == 2 && arguments[0] == "dial" {
		socket, err := openDescriptor(arguments[1])
		if err == nil {
			dial(newWire(socket))
			return exitOver
		}
	}
	if len(arguments) > 0 && arguments[0] == "serve" {
		return serve(arguments[1:])
	}
	fmt.Fprintln(os.Stderr, "usage: sip dial DESCRIPTOR, or sip serve --listen HOST:PORT --prompts FOLDER")
	return exitUsage
}

func openDescriptor(number string) (io.ReadWriteCloser, error) {
	var descriptor uintptr
	if _, err := fmt.Sscan(number, &descriptor); err != nil {
		return nil, err
	}
	return os.NewFile(descriptor, "call"), nil
}
