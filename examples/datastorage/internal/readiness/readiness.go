// Package readiness knows whether the service may be given traffic.
package readiness

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Check reports why a part of the service does not work, or nil.
type Check func(context.Context) error

// State goes from starting to serving to draining.
type State int32

// The states, in their order.
const (
	Starting State = iota
	Serving
	Draining
)

func (s State) String() string {
	return [...]string{"starting", "serving", "draining"}[s]
}

// Readiness combines the service's own state with checks of what it depends on.
type Readiness struct {
	state   atomic.Int32
	checks  map[string]Check
	timeout time.Duration
}

// New takes named checks, each of which gets at most timeout.
func New(timeout time.Duration, checks map[string]Check) *Readiness {
	return &Readiness{checks: checks, timeout: timeout}
}

// State returns where the service is.
func (r *Readiness) State() State { return State(r.state.Load()) }

// Set moves the service to a state; draining is final.
func (r *Readiness) Set(s State) {
	for {
		old := r.state.Load()
		if State(old) == Draining || r.state.CompareAndSwap(old, int32(s)) {
			return
		}
	}
}

// Report is the answer to a readiness probe.
type Report struct {
	Ready  bool              `json:"ready"`
	State  string            `json:"state"`
	Checks map[string]string `json:"checks"`
}

// Report runs all checks at the same time.
func (r *Readiness) Report(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	report := Report{Ready: r.State() == Serving, State: r.State().String(), Checks: map[string]string{}}
	var (
		mu   sync.Mutex
		done sync.WaitGroup
	)
	for name, check := range r.checks {
		done.Add(1)
		go func() {
			defer done.Done()
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			report.Checks[name] = "ok"
			if err != nil {
				report.Checks[name] = err.Error()
				report.Ready = false
			}
		}()
	}
	done.Wait()
	return report
}
