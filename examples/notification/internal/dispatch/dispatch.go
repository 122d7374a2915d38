// Package dispatch delivers accepted notifications in the background.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"example.com/notification/internal/delivery"
	"example.com/notification/internal/record"
)

var (
	// ErrFull is returned when too many deliveries wait.
	ErrFull = errors.New("the delivery queue is full")
	// ErrClosed is returned once the service drains.
	ErrClosed = errors.New("the service is shutting down")
)

// Recorder keeps how a delivery ended.
type Recorder interface {
	Finish(ctx context.Context, id string, o record.Outcome) error
}

// DeadLetters keeps jobs that failed for good.
type DeadLetters interface {
	Put(job delivery.Job, attempts int, cause error) error
}

// Dispatcher is a bounded queue with workers.
type Dispatcher struct {
	channels map[string]delivery.Channel
	policy   delivery.Policy
	records  Recorder
	letters  DeadLetters
	log      *slog.Logger

	jobs    chan delivery.Job
	workers sync.WaitGroup
	stop    context.CancelFunc

	mu       sync.Mutex
	reserved int // places taken: jobs that wait or run, or will be submitted
	closed   bool
	pending  sync.WaitGroup
}

// New starts workers for a queue of the given size.
func New(channels []delivery.Channel, policy delivery.Policy, records Recorder, letters DeadLetters,
	size, workers int, log *slog.Logger) *Dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	d := &Dispatcher{channels: map[string]delivery.Channel{}, policy: policy, records: records, letters: letters,
		log: log, jobs: make(chan delivery.Job, size), stop: stop}
	for _, channel := range channels {
		d.channels[channel.Name()] = channel
	}
	for range workers {
		d.workers.Add(1)
		go d.work(ctx)
	}
	return d
}

// Reserve takes n places in the queue: what is accepted must not be refused
// after it was recorded. Each is used by Submit or given back by Release.
func (d *Dispatcher) Reserve(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	if d.reserved+n > cap(d.jobs) {
		return ErrFull
	}
	d.reserved += n
	d.pending.Add(n)
	return nil
}

// Release gives n places back.
func (d *Dispatcher) Release(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved -= n
	d.pending.Add(-n)
}

// Submit queues a job in a reserved place.
func (d *Dispatcher) Submit(job delivery.Job) { d.jobs <- job }

// Waiting returns how many deliveries are not finished.
func (d *Dispatcher) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reserved
}

// Drain refuses new jobs and waits for the others. When ctx ends first, the
// running attempts are cancelled and what is left becomes dead letters.
func (d *Dispatcher) Drain(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	done := make(chan struct{})
	go func() {
		d.pending.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("%d deliveries cancelled: %w", d.Waiting(), ctx.Err())
		d.stop()
		<-done
	}
	d.stop()
	close(d.jobs)
	d.workers.Wait()
	return err
}

func (d *Dispatcher) work(ctx context.Context) {
	defer d.workers.Done()
	for job := range d.jobs {
		d.deliver(ctx, job)
		d.Release(1)
	}
}

// deliver runs one job to its end and records it.
func (d *Dispatcher) deliver(ctx context.Context, job delivery.Job) {
	start := time.Now()
	channel, ok := d.channels[job.Channel]
	if !ok {
		d.finish(job, "", 0, fmt.Errorf("channel %s is not configured", job.Channel))
		return
	}
	target, attempts, err := d.policy.Do(ctx, func(ctx context.Context) (string, error) {
		return channel.Deliver(ctx, job)
	})
	d.log.Info("delivery", "notification", job.Notification.ID, "channel", job.Channel, "attempts", attempts,
		"seconds", time.Since(start).Seconds(), "error", err)
	d.finish(job, target, attempts, err)
}

func (d *Dispatcher) finish(job delivery.Job, target string, attempts int, cause error) {
	outcome := record.Outcome{Status: record.Delivered, Attempts: attempts, Target: target}
	if cause != nil {
		outcome.Status, outcome.Error = record.Failed, cause.Error()
		if err := d.letters.Put(job, attempts, cause); err != nil {
			d.log.Error("dead letter lost", "record", job.RecordID, "error", err)
		}
	}
	// The outcome is worth some patience even while the service drains.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	policy := delivery.Policy{Attempts: 3, Initial: 200 * time.Millisecond, Maximum: time.Second}
	_, _, err := policy.Do(ctx, func(ctx context.Context) (string, error) {
		return "", d.records.Finish(ctx, job.RecordID, outcome)
	})
	if err != nil {
		d.log.Error("outcome not recorded", "record", job.RecordID, "status", outcome.Status, "error", err)
	}
}
