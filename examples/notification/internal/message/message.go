// Package message defines a notification and how it is rendered for people.
package message

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Priority says how urgent a notification is.
type Priority string

// The priorities, in rising order.
const (
	Low      Priority = "low"
	Medium   Priority = "medium"
	High     Priority = "high"
	Critical Priority = "critical"
)

var rank = map[Priority]int{Low: 1, Medium: 2, High: 3, Critical: 4}

// Valid tells whether p is a known priority.
func (p Priority) Valid() bool { return rank[p] > 0 }

// AtLeast tells whether p is as urgent as other, or more so.
func (p Priority) AtLeast(other Priority) bool { return rank[p] >= rank[other] }

// Notification is what a client sends.
type Notification struct {
	ID         string            `json:"id"`
	Source     string            `json:"source"`
	Subject    string            `json:"subject"`
	Body       string            `json:"body"`
	Priority   Priority          `json:"priority"`
	Recipient  string            `json:"recipient,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Channels   []string          `json:"channels,omitempty"`    // instead of the routing rules' choice
	WebhookURL string            `json:"webhook_url,omitempty"` // where the webhook channel sends it
	CreatedAt  time.Time         `json:"created_at"`
}

// SetDefaults fills what a client may leave out.
func (n *Notification) SetDefaults(id string, now time.Time) {
	if n.ID == "" {
		n.ID = id
	}
	if n.Priority == "" {
		n.Priority = Medium
	}
	n.CreatedAt = now.UTC()
}

// Text renders a notification as plain text.
func (n *Notification) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] %s: %s\n", strings.ToUpper(string(n.Priority)), n.Source, n.Subject)
	if n.Body != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(n.Body, "\n"))
	}
	if len(n.Labels) > 0 {
		names := make([]string, 0, len(n.Labels))
		for name := range n.Labels {
			names = append(names, name)
		}
		sort.Strings(names)
		b.WriteByte('\n')
		for _, name := range names {
			fmt.Fprintf(&b, "%s: %s\n", name, n.Labels[name])
		}
	}
	return b.String()
}
