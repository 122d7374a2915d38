package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// File writes each notification to a file of its own.
type File struct{ dir string }

// NewFile writes below dir, which is made when first needed.
func NewFile(dir string) *File { return &File{dir: dir} }

// Name implements Channel.
func (f *File) Name() string { return "file" }

// Deliver implements Channel. The file appears under its name only when it is
// complete, so that a reader never sees half a notification.
func (f *File) Deliver(_ context.Context, job Job) (string, error) {
	n := job.Notification
	dir := filepath.Join(f.dir, n.CreatedAt.Format("2006-01-02"))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	data, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return "", permanent(err)
	}
	temporary, err := os.CreateTemp(dir, ".notification-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // gone after the rename
	_, err = temporary.Write(append(data, '\n'))
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", fmt.Errorf("write notification: %w", err)
	}
	target := filepath.Join(dir, strings.ReplaceAll(n.ID, "/", "_")+".json")
	return target, os.Rename(temporary.Name(), target)
}
