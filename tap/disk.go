// What was written reaches the disk: fsync about once a second, never in the path of a packet.

package main

import (
	"log/slog"
	"os"
	"sync"
)

// disk knows the files that are being written and the folders that got new entries.
type disk struct {
	mu      sync.Mutex
	files   map[*os.File]bool // true: no more writes follow, close it
	folders map[string]bool

	syncing sync.Mutex // one sync at a time
}

func newDisk() *disk {
	return &disk{files: map[*os.File]bool{}, folders: map[string]bool{}}
}

func (d *disk) add(file *os.File, folder string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[file] = false
	d.folders[folder] = true
}

// finish hands a file over for its last sync; disk closes it then.
func (d *disk) finish(file *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[file] = true
}

// sync returns when everything written before the call is on the disk.
func (d *disk) sync() {
	d.syncing.Lock()
	defer d.syncing.Unlock()
	d.mu.Lock()
	folders := d.folders
	d.folders = map[string]bool{}
	files := make(map[*os.File]bool, len(d.files))
	for file, finished := range d.files {
		files[file] = finished
		if finished {
			delete(d.files, file)
		}
	}
	d.mu.Unlock()

	var wait sync.WaitGroup
	for file, finished := range files {
		wait.Go(func() {
			if err := file.Sync(); err != nil {
				slog.Error("fsync failed", "file", file.Name(), "error", err)
			}
			if finished {
				file.Close()
			}
		})
	}
	for path := range folders {
		wait.Go(func() { syncFolder(path) })
	}
	wait.Wait()
}

func syncFolder(path string) {
	folder, err := os.Open(path)
	if err != nil {
		slog.Error("fsync failed", "folder", path, "error", err)
		return
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		slog.Error("fsync failed", "folder", path, "error", err)
	}
}
