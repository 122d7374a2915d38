package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/notification/internal/delivery"
	"example.com/notification/internal/record"
)

// ledger remembers outcomes and dead letters.
type ledger struct {
	mu       sync.Mutex
	outcomes map[string]record.Outcome
	letters  []string
}

func (l *ledger) Finish(_ context.Context, id string, o record.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[id] = o
	return nil
}

func (l *ledger) Put(job delivery.Job, _ int, _ error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.letters = append(l.letters, job.RecordID)
	return nil
}

// channel is a delivery.Channel made of a function.
type channel struct {
	name    string
	deliver func(context.Context) error
}

func (c channel) Name() string { return c.name }

func (c channel) Deliver(ctx context.Context, _ delivery.Job) (string, error) {
	return c.name, c.deliver(ctx)
}

func TestDrainFinishesEveryJob(t *testing.T) {
	l := &ledger{outcomes: map[string]record.Outcome{}}
	good := channel{"good", func(context.Context) error { return nil }}
	bad := channel{"bad", func(context.Context) error { return errors.New("broken") }}
	d := New([]delivery.Channel{good, bad}, delivery.Policy{Attempts: 2}, l, l, 3, 2, slog.New(slog.DiscardHandler))
	if err := d.Reserve(4); !errors.Is(err, ErrFull) {
		t.Errorf("four places of three: %v", err)
	}
	if err := d.Reserve(3); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"good", "bad", "absent"} {
		d.Submit(delivery.Job{Channel: name, RecordID: name})
	}
	if err := d.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := d.Reserve(1); !errors.Is(err, ErrClosed) {
		t.Errorf("after draining: %v", err)
	}
	if l.outcomes["good"].Status != record.Delivered || l.outcomes["bad"].Attempts != 2 || len(l.letters) != 2 {
		t.Errorf("outcomes %+v, letters %v", l.outcomes, l.letters)
	}
}

func TestDrainCancelsWhatTakesTooLong(t *testing.T) {
	l := &ledger{outcomes: map[string]record.Outcome{}}
	slow := channel{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	d := New([]delivery.Channel{slow}, delivery.Policy{Attempts: 5}, l, l, 1, 1, slog.New(slog.DiscardHandler))
	if err := d.Reserve(1); err != nil {
		t.Fatal(err)
	}
	d.Submit(delivery.Job{Channel: "slow", RecordID: "r"})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := d.Drain(ctx); err == nil {
		t.Error("want an error")
	}
	if l.outcomes["r"].Status != record.Failed || len(l.letters) != 1 {
		t.Errorf("outcomes %+v, letters %v", l.outcomes, l.letters)
	}
}
