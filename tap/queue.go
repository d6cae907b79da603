// A queue that never blocks the one who posts: the SDK calls back with its own locks held.

package main

import "sync"

type queue struct {
	ready chan struct{} // has a value when there is something to take

	mu    sync.Mutex
	tasks []func()
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) post(task func()) {
	q.mu.Lock()
	q.tasks = append(q.tasks, task)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// run does what was posted, in order.
func (q *queue) run() {
	q.mu.Lock()
	tasks := q.tasks
	q.tasks = nil
	q.mu.Unlock()
	for _, task := range tasks {
		task()
	}
}
