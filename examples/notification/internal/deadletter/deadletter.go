// Package deadletter keeps deliveries that failed for good, so that somebody
// can look at them and send them again.
package deadletter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"example.com/notification/internal/delivery"
)

// ErrNotFound is returned when there is no letter of that name.
var ErrNotFound = errors.New("dead letter not found")

// Letter is a job that failed.
type Letter struct {
	Name     string       `json:"name"`
	Job      delivery.Job `json:"job"`
	Attempts int          `json:"attempts"`
	Error    string       `json:"error"`
	FailedAt time.Time    `json:"failed_at"`
}

// Box is a directory of letters, one file each.
type Box struct {
	mu  sync.Mutex
	dir string
}

// NewBox keeps letters in dir, which is made when first needed.
func NewBox(dir string) *Box { return &Box{dir: dir} }

// Put keeps a failed job. Failing again replaces the letter.
func (b *Box) Put(job delivery.Job, attempts int, cause error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := os.MkdirAll(b.dir, 0o750); err != nil {
		return err
	}
	letter := Letter{Name: job.RecordID, Job: job, Attempts: attempts, Error: cause.Error(), FailedAt: time.Now().UTC()}
	data, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	return os.WriteFile(b.path(letter.Name), data, 0o640)
}

// List returns all letters, oldest first.
func (b *Box) List() ([]Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	paths, err := filepath.Glob(filepath.Join(b.dir, "*.json"))
	if err != nil {
		return nil, err
	}
	letters := []Letter{}
	for _, path := range paths {
		letter, err := read(path)
		if err != nil {
			return nil, err
		}
		letters = append(letters, letter)
	}
	sort.Slice(letters, func(i, j int) bool { return letters[i].FailedAt.Before(letters[j].FailedAt) })
	return letters, nil
}

// Take removes a letter and returns it.
func (b *Box) Take(name string) (Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	letter, err := read(b.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return letter, ErrNotFound
	}
	if err != nil {
		return letter, err
	}
	return letter, os.Remove(b.path(name))
}

func (b *Box) path(name string) string {
	return filepath.Join(b.dir, strings.ReplaceAll(name, "/", "_")+".json")
}

func read(path string) (Letter, error) {
	var letter Letter
	data, err := os.ReadFile(path)
	if err != nil {
		return letter, err
	}
	if err := json.Unmarshal(data, &letter); err != nil {
		return letter, fmt.Errorf("dead letter %s: %w", path, err)
	}
	return letter, nil
}
