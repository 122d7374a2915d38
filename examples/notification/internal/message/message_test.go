package message

import "testing"

func TestText(t *testing.T) {
	n := Notification{Source: "backup", Subject: "done", Body: "42 files\n", Priority: Low,
		Labels: map[string]string{"site": "b", "host": "a"}}
	want := "[LOW] backup: done\n\n42 files\n\nhost: a\nsite: b\n"
	if got := n.Text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAtLeast(t *testing.T) {
	if !Critical.AtLeast(High) || !High.AtLeast(High) || Low.AtLeast(Medium) {
		t.Error("priorities are in the wrong order")
	}
	if Priority("urgent").Valid() {
		t.Error("urgent is no priority")
	}
}
