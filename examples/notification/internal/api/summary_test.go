package api

import (
	"strings"
	"testing"

	"example.com/notification/internal/record"
)

func TestSummary(t *testing.T) {
	for states, want := range map[string]string{
		"delivered":           "delivered",
		"delivered delivered": "delivered",
		"failed failed":       "failed",
		"delivered failed":    "partial",
		"failed pending":      "pending",
	} {
		var deliveries []record.Record
		for _, state := range strings.Fields(states) {
			deliveries = append(deliveries, record.Record{Status: state})
		}
		if got := Summary(deliveries); got != want {
			t.Errorf("%s: got %s, want %s", states, got, want)
		}
	}
}
