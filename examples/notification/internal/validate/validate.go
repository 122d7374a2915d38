// Package validate checks notifications before they are accepted.
package validate

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"

	"example.com/notification/internal/message"
)

// Limits, in bytes or entries.
const (
	MaxSubject = 200
	MaxBody    = 32 << 10
	MaxLabels  = 16
	MaxValue   = 128
)

var name = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]{0,62}[A-Za-z0-9])?$`)

// Problem is one reason why a notification is refused.
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Problems is an error that names every bad field.
type Problems []Problem

func (p Problems) Error() string {
	parts := make([]string, len(p))
	for i, problem := range p {
		parts[i] = problem.Field + ": " + problem.Message
	}
	return strings.Join(parts, "; ")
}

// Validator knows the channels there are and the hosts webhooks may go to.
type Validator struct {
	Channels     []string
	AllowedHosts []string // empty: all
}

// Check returns all problems of n, by field, or nil.
func (v *Validator) Check(n *message.Notification) Problems {
	var problems Problems
	add := func(field, format string, args ...any) {
		problems = append(problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !name.MatchString(n.ID) {
		add("id", "must be a name of up to 64 letters, digits and ._/-")
	}
	if !name.MatchString(n.Source) {
		add("source", "must be a name of up to 64 letters, digits and ._/-")
	}
	switch {
	case strings.TrimSpace(n.Subject) == "":
		add("subject", "is required")
	case len(n.Subject) > MaxSubject:
		add("subject", "is longer than %d bytes", MaxSubject)
	case strings.ContainsAny(n.Subject, "\r\n"):
		add("subject", "must be a single line")
	}
	if len(n.Body) > MaxBody {
		add("body", "is longer than %d bytes", MaxBody)
	}
	if !n.Priority.Valid() {
		add("priority", "%q is none of low, medium, high, critical", n.Priority)
	}
	if n.Recipient != "" {
		if _, err := mail.ParseAddress(n.Recipient); err != nil {
			add("recipient", "is no mail address")
		}
	}
	if len(n.Labels) > MaxLabels {
		add("labels", "are more than %d", MaxLabels)
	}
	for label, value := range n.Labels {
		if !name.MatchString(label) || len(value) > MaxValue {
			add("labels", "%q is no valid label", label)
		}
	}
	for _, channel := range n.Channels {
		if !slices.Contains(v.Channels, channel) {
			add("channels", "there is no channel %q; there are %s", channel, strings.Join(v.Channels, ", "))
		}
	}
	if n.WebhookURL != "" {
		if reason := v.checkURL(n.WebhookURL); reason != "" {
			add("webhook_url", "%s", reason)
		}
	} else if slices.Contains(n.Channels, "webhook") {
		add("webhook_url", "is required for channel webhook")
	}
	if n.Recipient == "" && slices.Contains(n.Channels, "email") {
		add("recipient", "is required for channel email")
	}
	sort.SliceStable(problems, func(i, j int) bool { return problems[i].Field < problems[j].Field })
	return problems
}

func (v *Validator) checkURL(text string) string {
	target, err := url.Parse(text)
	switch {
	case err != nil || target.Host == "":
		return "is no absolute URL"
	case target.Scheme != "http" && target.Scheme != "https":
		return "must be http or https"
	case target.User != nil:
		return "must not hold a password"
	case len(v.AllowedHosts) > 0 && !slices.Contains(v.AllowedHosts, target.Hostname()):
		return fmt.Sprintf("host %s is not allowed", target.Hostname())
	}
	return ""
}
