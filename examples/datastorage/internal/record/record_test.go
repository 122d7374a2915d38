package record

import (
	"errors"
	"strings"
	"testing"
)

func TestCanBecome(t *testing.T) {
	cases := []struct {
		from, to Status
		want     bool
	}{
		{Pending, Delivered, true},
		{Pending, Failed, true},
		{Failed, Pending, true},
		{Delivered, Delivered, true},
		{Delivered, Failed, false},
		{Delivered, Pending, false},
	}
	for _, c := range cases {
		if got := c.from.CanBecome(c.to); got != c.want {
			t.Errorf("%s to %s: got %t", c.from, c.to, got)
		}
	}
}

func TestValidateNamesEveryField(t *testing.T) {
	r := Record{Subject: strings.Repeat("x", MaxSubject+1), Priority: "urgent", Status: "lost", Attempts: -1}
	err := r.Validate()
	if err == nil {
		t.Fatal("want an error")
	}
	for _, word := range []string{"notification_id", "channel", "subject", "priority", "status", "attempts"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not mention %s", err, word)
		}
	}
}

func TestApplyKeepsRecordOnBadTransition(t *testing.T) {
	failed, attempts := Failed, 7
	r := Record{Status: Delivered, Attempts: 1}
	if err := r.Apply(Change{Status: &failed, Attempts: &attempts}); !errors.Is(err, ErrTransition) {
		t.Fatalf("err = %v", err)
	}
	if r.Status != Delivered || r.Attempts != 1 {
		t.Errorf("record was changed: %+v", r)
	}
}
