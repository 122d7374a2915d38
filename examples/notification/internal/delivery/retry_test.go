package delivery

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPolicyDo(t *testing.T) {
	broken := errors.New("broken")
	cases := []struct {
		name     string
		errors   []error
		attempts int
		fails    bool
	}{
		{"at once", []error{nil}, 1, false},
		{"second time", []error{broken, nil}, 2, false},
		{"never", []error{broken, broken, broken}, 3, true},
		{"for good", []error{permanent(broken)}, 1, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := Policy{Attempts: 3, Sleep: func(context.Context, time.Duration) error { return nil }}
			next := 0
			_, attempts, err := p.Do(context.Background(), func(context.Context) (string, error) {
				next++
				return "there", c.errors[next-1]
			})
			if attempts != c.attempts || (err != nil) != c.fails {
				t.Errorf("%d attempts, %v", attempts, err)
			}
		})
	}
}

func TestRetryAfterIsHonouredUpToTheMaximum(t *testing.T) {
	var waits []time.Duration
	p := Policy{Attempts: 3, Initial: time.Millisecond, Maximum: time.Minute,
		Sleep: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}
	asked := []time.Duration{30 * time.Second, time.Hour, 0}
	next := 0
	p.Do(context.Background(), func(context.Context) (string, error) {
		next++
		return "", &RetryAfterError{Err: errors.New("busy"), Delay: asked[next-1]}
	})
	if len(waits) != 2 || waits[0] != 30*time.Second || waits[1] != time.Minute {
		t.Errorf("waits = %v", waits)
	}
}

func TestBackoffGrowsToTheMaximum(t *testing.T) {
	p := Policy{Initial: 100 * time.Millisecond, Maximum: time.Second}
	for attempt, full := range map[int]time.Duration{1: 100, 2: 200, 3: 400, 4: 800, 5: 1000, 60: 1000} {
		full *= time.Millisecond
		if got := p.Backoff(attempt); got > full || got < full*3/4 {
			t.Errorf("attempt %d: %s, want from %s to %s", attempt, got, full*3/4, full)
		}
	}
}
