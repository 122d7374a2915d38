package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Policy says how often and how fast a delivery is tried again.
type Policy struct {
	Attempts int
	Initial  time.Duration
	Maximum  time.Duration
	// Sleep waits, or returns ctx's error; tests replace it.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Backoff is the wait after the given failed attempt (from 1): it doubles,
// and up to a quarter is random so that failed jobs do not return together.
func (p Policy) Backoff(attempt int) time.Duration {
	wait := p.Initial
	for i := 1; i < attempt && wait < p.Maximum; i++ {
		wait *= 2
	}
	wait = min(wait, p.Maximum)
	return wait - time.Duration(rand.Float64()*float64(wait)/4)
}

// Do calls deliver until it succeeds, fails for good, or attempts run out.
func (p Policy) Do(ctx context.Context, deliver func(context.Context) (string, error)) (target string, attempts int, err error) {
	sleep := p.Sleep
	if sleep == nil {
		sleep = Sleep
	}
	for attempts = 1; ; attempts++ {
		target, err = deliver(ctx)
		if err == nil || IsPermanent(err) || attempts >= p.Attempts || ctx.Err() != nil {
			return target, attempts, err
		}
		wait := p.Backoff(attempts)
		var asked *RetryAfterError
		if errors.As(err, &asked) {
			wait = min(max(wait, asked.Delay), p.Maximum)
		}
		if sleep(ctx, wait) != nil {
			return target, attempts, err
		}
	}
}

// Sleep waits for d or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
