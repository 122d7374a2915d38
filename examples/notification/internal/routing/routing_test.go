package routing

import (
	"strings"
	"testing"

	"example.com/notification/internal/message"
)

var channels = []string{"console", "file", "webhook"}

func TestRoute(t *testing.T) {
	table, err := Read(strings.NewReader(`{
		"rules": [
			{"name": "copy", "labels": {"team": "plat*"}, "channels": ["file"], "continue": true},
			{"name": "page", "min_priority": "critical", "channels": ["webhook", "file"], "webhook_url": "http://pager/"}
		],
		"fallback": ["console"]}`), channels)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		n    message.Notification
		want string
	}{
		{"none", message.Notification{Priority: message.High}, "console by fallback"},
		{"one", message.Notification{Priority: message.Low, Labels: map[string]string{"team": "platform"}}, "file by copy"},
		{"both", message.Notification{Priority: message.Critical, Labels: map[string]string{"team": "platform"}},
			"file,webhook by copy,page"},
		{"explicit", message.Notification{Channels: []string{"file", "file"}}, "file by explicit"},
	}
	for _, c := range cases {
		d := table.Route(&c.n)
		if got := strings.Join(d.Channels, ",") + " by " + strings.Join(d.Rules, ","); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, word := range map[string]string{
		`{`:                        "EOF",
		`{"rules": []}`:            "fallback",
		`{"fallback": ["pigeon"]}`: "pigeon",
		`{"fallback": ["file"], "rules": [{"name": "x"}]}`:                                                 "no channel",
		`{"fallback": ["file"], "rules": [{"name": "x", "channels": ["file"], "min_priority": "urgent"}]}`: "urgent",
		`{"fallback": ["file"], "rules": [{"name": "x", "channels": ["file"], "source": "["}]}`:            "pattern",
	} {
		if _, err := Read(strings.NewReader(text), channels); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: err = %v, want %q in it", text, err, word)
		}
	}
}
