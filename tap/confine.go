// What the tap gives up before it speaks to anybody.

package main

import (
	"log/slog"
	"syscall"
)

const noNewPrivileges = 38 // of prctl(2)

// confine lets this process gain no privileges by any program, and leave no memory behind in a file: it holds a token.
func confine() {
	if _, _, failed := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, noNewPrivileges, 1, 0, 0, 0, 0); failed != 0 {
		slog.Warn("privileges may still be gained", "error", failed)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		slog.Warn("memory may be left behind in a file", "error", err)
	}
}
