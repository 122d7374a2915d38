package readiness

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	var broken error
	r := New(time.Second, map[string]Check{
		"database": func(context.Context) error { return broken },
		"cache":    func(context.Context) error { return nil },
	})
	if r.Report(context.Background()).Ready {
		t.Error("ready while starting")
	}
	r.Set(Serving)
	if report := r.Report(context.Background()); !report.Ready || report.State != "serving" {
		t.Errorf("not ready while serving: %+v", report)
	}
	broken = errors.New("connection refused")
	if report := r.Report(context.Background()); report.Ready || report.Checks["database"] != "connection refused" {
		t.Errorf("a failed check was not reported: %+v", report)
	}
	broken = nil
	r.Set(Draining)
	r.Set(Serving)
	if r.Report(context.Background()).Ready {
		t.Error("ready while draining")
	}
}
