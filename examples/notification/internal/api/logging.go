package api

import (
	"log/slog"
	"net/http"
	"time"
)

// statusRecorder remembers the status for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// logged writes one line about each request.
func (a *API) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, req)
		level := slog.LevelInfo
		if req.URL.Path == "/healthz" || req.URL.Path == "/readyz" {
			level = slog.LevelDebug // probes come every few seconds
		}
		a.Log.Log(req.Context(), level, "request", "method", req.Method, "path", req.URL.Path,
			"status", recorder.status, "seconds", time.Since(start).Seconds())
	})
}
