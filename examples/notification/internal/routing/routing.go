// Package routing decides over which channels a notification is delivered.
package routing

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"

	"example.com/notification/internal/message"
)

// Rule sends matching notifications to channels. Empty conditions match all.
type Rule struct {
	Name        string            `json:"name"`
	Source      string            `json:"source,omitempty"`       // shell pattern
	MinPriority message.Priority  `json:"min_priority,omitempty"` // this or more urgent
	Labels      map[string]string `json:"labels,omitempty"`       // shell patterns, all must match
	Channels    []string          `json:"channels"`
	WebhookURL  string            `json:"webhook_url,omitempty"` // unless the notification names one
	Continue    bool              `json:"continue,omitempty"`    // later rules may add channels
}

// Table is a list of rules; the first match decides, unless it says continue.
type Table struct {
	Rules    []Rule   `json:"rules"`
	Fallback []string `json:"fallback"` // when no rule matches
}

// Decision is where a notification goes and why.
type Decision struct {
	Channels   []string
	WebhookURL string
	Rules      []string
}

// Default is used without a routing file.
func Default() *Table {
	return &Table{
		Rules: []Rule{
			{Name: "webhook", Labels: map[string]string{"notify": "webhook"}, Channels: []string{"webhook"}},
			{Name: "audit", Source: "audit/*", Channels: []string{"file"}},
			{Name: "urgent", MinPriority: message.High, Channels: []string{"console", "file"}},
		},
		Fallback: []string{"console"},
	}
}

// Read parses a routing file and checks it against the channels there are.
func Read(r io.Reader, channels []string) (*Table, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var t Table
	if err := decoder.Decode(&t); err != nil {
		return nil, err
	}
	if len(t.Fallback) == 0 {
		return nil, fmt.Errorf("fallback names no channel")
	}
	if err := known(t.Fallback, channels); err != nil {
		return nil, fmt.Errorf("fallback: %w", err)
	}
	for i, rule := range t.Rules {
		if err := rule.check(channels); err != nil {
			return nil, fmt.Errorf("rule %d (%s): %w", i+1, rule.Name, err)
		}
	}
	return &t, nil
}

func (r *Rule) check(channels []string) error {
	if len(r.Channels) == 0 {
		return fmt.Errorf("names no channel")
	}
	if r.MinPriority != "" && !r.MinPriority.Valid() {
		return fmt.Errorf("unknown priority %q", r.MinPriority)
	}
	patterns := []string{r.Source}
	for _, pattern := range r.Labels {
		patterns = append(patterns, pattern)
	}
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	return known(r.Channels, channels)
}

func known(names, channels []string) error {
	for _, name := range names {
		if !slices.Contains(channels, name) {
			return fmt.Errorf("there is no channel %q", name)
		}
	}
	return nil
}

// Route decides for one notification. Channels that it names itself win.
func (t *Table) Route(n *message.Notification) Decision {
	if len(n.Channels) > 0 {
		return Decision{Channels: unique(n.Channels), WebhookURL: n.WebhookURL, Rules: []string{"explicit"}}
	}
	d := Decision{WebhookURL: n.WebhookURL}
	for _, rule := range t.Rules {
		if !rule.matches(n) {
			continue
		}
		d.Rules = append(d.Rules, rule.Name)
		d.Channels = append(d.Channels, rule.Channels...)
		if d.WebhookURL == "" {
			d.WebhookURL = rule.WebhookURL
		}
		if !rule.Continue {
			break
		}
	}
	if len(d.Channels) == 0 {
		d.Channels, d.Rules = t.Fallback, []string{"fallback"}
	}
	d.Channels = unique(d.Channels)
	return d
}

func (r *Rule) matches(n *message.Notification) bool {
	if r.Source != "" {
		if ok, _ := path.Match(r.Source, n.Source); !ok {
			return false
		}
	}
	if r.MinPriority != "" && !n.Priority.AtLeast(r.MinPriority) {
		return false
	}
	for label, pattern := range r.Labels {
		value, present := n.Labels[label]
		if ok, _ := path.Match(pattern, value); !ok || !present {
			return false
		}
	}
	return true
}

func unique(names []string) []string {
	var kept []string
	for _, name := range names {
		if !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	return kept
}
