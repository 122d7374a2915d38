// Package retention deletes records that are older than they may become.
package retention

import (
	"context"
	"log/slog"
	"time"
)

const batch = 500

// Purger deletes at most batch records created before a time and returns their ids.
type Purger interface {
	PurgeBefore(ctx context.Context, before time.Time, batch int) ([]string, error)
}

// Forgetter drops deleted records from a cache.
type Forgetter func(ctx context.Context, ids []string)

// Policy deletes records by age.
type Policy struct {
	Purger Purger
	Forget Forgetter
	Log    *slog.Logger
}

// Purge deletes every record created before the given time, in batches so
// that no lock is held for long, and returns how many there were.
func (p *Policy) Purge(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		ids, err := p.Purger.PurgeBefore(ctx, before, batch)
		if err != nil {
			return total, err
		}
		total += len(ids)
		if len(ids) > 0 {
			p.Forget(ctx, ids)
		}
		if len(ids) < batch {
			return total, nil
		}
	}
}

// Run purges at each interval until ctx ends.
func (p *Policy) Run(ctx context.Context, age, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		deleted, err := p.Purge(ctx, time.Now().Add(-age))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.Log.Error("retention failed", "error", err)
		case deleted > 0:
			p.Log.Info("old records deleted", "count", deleted, "age", age.String())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
