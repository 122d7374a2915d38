// Package delivery sends notifications over channels.
package delivery

import (
	"context"
	"errors"
	"time"

	"example.com/notification/internal/message"
)

// Job is one notification for one channel.
type Job struct {
	Notification message.Notification
	Channel      string
	WebhookURL   string
	RecordID     string
}

// Channel delivers a job and returns where it went.
type Channel interface {
	Name() string
	Deliver(ctx context.Context, job Job) (target string, err error)
}

// PermanentError is one that another attempt will not mend.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap gives errors.Is and errors.As the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// RetryAfterError carries the delay that the receiver asked for.
type RetryAfterError struct {
	Err   error
	Delay time.Duration
}

func (e *RetryAfterError) Error() string { return e.Err.Error() }

// Unwrap gives errors.Is and errors.As the cause.
func (e *RetryAfterError) Unwrap() error { return e.Err }

func permanent(err error) error { return &PermanentError{Err: err} }

// IsPermanent tells whether there is no point in trying again.
func IsPermanent(err error) bool {
	var p *PermanentError
	return errors.As(err, &p)
}
