package validate

import (
	"strings"
	"testing"

	"example.com/notification/internal/message"
)

func TestCheck(t *testing.T) {
	v := Validator{Channels: []string{"console", "webhook", "email"}, AllowedHosts: []string{"hooks.example.com"}}
	cases := []struct {
		name   string
		change func(*message.Notification)
		fields string
	}{
		{"valid", func(*message.Notification) {}, ""},
		{"id", func(n *message.Notification) { n.ID = "../etc" }, "id"},
		{"two problems", func(n *message.Notification) { n.Source, n.Priority = "", "urgent" }, "priority source"},
		{"two lines", func(n *message.Notification) { n.Subject = "a\r\nBcc: b" }, "subject"},
		{"long body", func(n *message.Notification) { n.Body = strings.Repeat("x", MaxBody+1) }, "body"},
		{"recipient", func(n *message.Notification) { n.Recipient = "nobody" }, "recipient"},
		{"label", func(n *message.Notification) { n.Labels = map[string]string{"": "x"} }, "labels"},
		{"channel", func(n *message.Notification) { n.Channels = []string{"pigeon"} }, "channels"},
		{"webhook without URL", func(n *message.Notification) { n.Channels = []string{"webhook"} }, "webhook_url"},
		{"email without recipient", func(n *message.Notification) { n.Channels = []string{"email"} }, "recipient"},
		{"scheme", func(n *message.Notification) { n.WebhookURL = "file:///etc/passwd" }, "webhook_url"},
		{"ftp", func(n *message.Notification) { n.WebhookURL = "ftp://hooks.example.com/" }, "webhook_url"},
		{"password", func(n *message.Notification) { n.WebhookURL = "http://a:b@hooks.example.com/" }, "webhook_url"},
		{"host", func(n *message.Notification) { n.WebhookURL = "http://169.254.169.254/" }, "webhook_url"},
		{"allowed host", func(n *message.Notification) { n.WebhookURL = "https://hooks.example.com:8443/x" }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := message.Notification{ID: "n-1", Source: "test", Subject: "s", Priority: message.Low}
			c.change(&n)
			var fields []string
			for _, problem := range v.Check(&n) {
				fields = append(fields, problem.Field)
			}
			if got := strings.Join(fields, " "); got != c.fields {
				t.Errorf("fields = %q, want %q", got, c.fields)
			}
		})
	}
}
