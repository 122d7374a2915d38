// Package record defines what is stored about one delivery of a notification.
package record

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Status is the state of one delivery.
type Status string

// The states of a delivery.
const (
	Pending   Status = "pending"
	Delivered Status = "delivered"
	Failed    Status = "failed"
)

// Limits of the text fields, in bytes.
const (
	MaxName    = 128
	MaxSubject = 256
	MaxBody    = 64 << 10
	MaxLabels  = 32
)

// Record is one delivery of a notification over one channel.
type Record struct {
	ID             string            `json:"id"`
	NotificationID string            `json:"notification_id"`
	Channel        string            `json:"channel"`
	Target         string            `json:"target,omitempty"`
	Priority       string            `json:"priority"`
	Subject        string            `json:"subject"`
	Body           string            `json:"body,omitempty"`
	Status         Status            `json:"status"`
	Attempts       int               `json:"attempts"`
	Error          string            `json:"error,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
}

// Change is what may change after a record was created; nil fields stay.
type Change struct {
	Status   *Status `json:"status"`
	Attempts *int    `json:"attempts"`
	Target   *string `json:"target"`
	Error    *string `json:"error"`
}

// Priorities in rising order.
var Priorities = []string{"low", "medium", "high", "critical"}

// ErrTransition is returned for a change of status that makes no sense.
var ErrTransition = errors.New("status transition not allowed")

// Valid tells whether s is a known status.
func (s Status) Valid() bool {
	return s == Pending || s == Delivered || s == Failed
}

// CanBecome tells whether a record in state s may take the state next:
// delivered is final, a failed delivery may be tried again.
func (s Status) CanBecome(next Status) bool {
	switch s {
	case Pending:
		return true
	case Failed:
		return next == Failed || next == Pending || next == Delivered
	default:
		return s == next
	}
}

// SetDefaults fills what a client may leave out.
func (r *Record) SetDefaults() {
	if r.Priority == "" {
		r.Priority = "medium"
	}
	if r.Status == "" {
		r.Status = Pending
	}
}

// Validate reports every problem of a new record.
func (r *Record) Validate() error {
	var problems []error
	need := func(name, value string, limit int) {
		if strings.TrimSpace(value) == "" {
			problems = append(problems, fmt.Errorf("%s is required", name))
		} else if len(value) > limit {
			problems = append(problems, fmt.Errorf("%s is longer than %d bytes", name, limit))
		}
	}
	need("notification_id", r.NotificationID, MaxName)
	need("channel", r.Channel, MaxName)
	need("subject", r.Subject, MaxSubject)
	if len(r.ID) > MaxName {
		problems = append(problems, fmt.Errorf("id is longer than %d bytes", MaxName))
	}
	if len(r.Body) > MaxBody {
		problems = append(problems, fmt.Errorf("body is longer than %d bytes", MaxBody))
	}
	if !KnownPriority(r.Priority) {
		problems = append(problems, fmt.Errorf("priority %q is none of %s", r.Priority, strings.Join(Priorities, ", ")))
	}
	if !r.Status.Valid() {
		problems = append(problems, fmt.Errorf("status %q is none of pending, delivered, failed", r.Status))
	}
	if r.Attempts < 0 {
		problems = append(problems, errors.New("attempts is negative"))
	}
	if len(r.Labels) > MaxLabels {
		problems = append(problems, fmt.Errorf("more than %d labels", MaxLabels))
	}
	return errors.Join(problems...)
}

// KnownPriority tells whether name is one of Priorities.
func KnownPriority(name string) bool {
	for _, known := range Priorities {
		if name == known {
			return true
		}
	}
	return false
}

// Validate reports every problem of a change.
func (c *Change) Validate() error {
	if c.Status == nil && c.Attempts == nil && c.Target == nil && c.Error == nil {
		return errors.New("nothing to change: give status, attempts, target or error")
	}
	var problems []error
	if c.Status != nil && !c.Status.Valid() {
		problems = append(problems, fmt.Errorf("status %q is none of pending, delivered, failed", *c.Status))
	}
	if c.Attempts != nil && *c.Attempts < 0 {
		problems = append(problems, errors.New("attempts is negative"))
	}
	return errors.Join(problems...)
}

// Apply changes r, or returns ErrTransition and leaves it alone.
func (r *Record) Apply(c Change) error {
	if c.Status != nil && !r.Status.CanBecome(*c.Status) {
		return fmt.Errorf("%w: %s to %s", ErrTransition, r.Status, *c.Status)
	}
	if c.Status != nil {
		r.Status = *c.Status
	}
	if c.Attempts != nil {
		r.Attempts = *c.Attempts
	}
	if c.Target != nil {
		r.Target = *c.Target
	}
	if c.Error != nil {
		r.Error = *c.Error
	}
	return nil
}
