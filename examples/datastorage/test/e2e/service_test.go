package e2e

import (
	"net/http"
	"testing"
)

func TestHealthAndReadiness(t *testing.T) {
	call(t, http.MethodGet, "/healthz", nil, http.StatusOK, nil)
	var report struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	call(t, http.MethodGet, "/readyz", nil, http.StatusOK, &report)
	if !report.Ready || report.Checks["database"] != "ok" || report.Checks["cache"] != "ok" {
		t.Errorf("report = %+v", report)
	}
}

func TestStatsCountNewRecords(t *testing.T) {
	create(t, record{NotificationID: runID, Channel: runID, Subject: "first", Status: "failed"})
	var before stats
	call(t, http.MethodGet, "/v1/stats", nil, http.StatusOK, &before)
	create(t, record{NotificationID: runID, Channel: runID, Subject: "second"})
	var after stats
	call(t, http.MethodGet, "/v1/stats", nil, http.StatusOK, &after)
	if before.ByChannel[runID] != 1 || after.ByChannel[runID] != 2 {
		t.Errorf("channel count went from %d to %d, want 1 to 2", before.ByChannel[runID], after.ByChannel[runID])
	}
	if after.Total < 2 || after.ByStatus["failed"] < 1 {
		t.Errorf("stats = %+v", after)
	}
}

func TestPurge(t *testing.T) {
	kept := create(t, record{NotificationID: runID, Channel: "file", Subject: "young"})
	var answer struct {
		Deleted *int `json:"deleted"`
	}
	call(t, http.MethodPost, "/v1/purge", `{"older_than": "87600h"}`, http.StatusOK, &answer)
	if answer.Deleted == nil {
		t.Error("the answer does not say how many records were deleted")
	}
	call(t, http.MethodGet, "/v1/records/"+kept.ID, nil, http.StatusOK, nil)
	call(t, http.MethodPost, "/v1/purge", `{"older_than": "1s"}`, http.StatusUnprocessableEntity, nil)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	call(t, http.MethodGet, "/v2/records", nil, http.StatusNotFound, nil)
	call(t, http.MethodPut, "/v1/records", `{}`, http.StatusMethodNotAllowed, nil)
}
