package delivery

import (
	"context"
	"io"
	"sync"
)

// Console prints notifications.
type Console struct {
	mu     sync.Mutex
	writer io.Writer
}

// NewConsole prints to w.
func NewConsole(w io.Writer) *Console { return &Console{writer: w} }

// Name implements Channel.
func (c *Console) Name() string { return "console" }

// Deliver implements Channel.
func (c *Console) Deliver(_ context.Context, job Job) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := io.WriteString(c.writer, job.Notification.Text()+"\n")
	return "stdout", err
}
