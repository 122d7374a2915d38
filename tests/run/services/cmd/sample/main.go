// Command sample is a small service that does one thing wrong, if BEHAVIOUR says which.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"example.com/sample/internal/greeting"
)

func main() {
	behaviour := os.Getenv("BEHAVIOUR")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	switch behaviour {
	case "ignores-sigterm":
		signal.Ignore(syscall.SIGTERM)
	case "does-not-handle-sigterm":
		// Go's default action ends the process at once.
	case "panics":
		panic("no configuration")
	default:
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
		defer stop()
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if behaviour == "never-ready" {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/greet", func(w http.ResponseWriter, r *http.Request) {
		text, err := greeting.For(r.URL.Query().Get("name"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		log.Print(text)
		_, _ = w.Write([]byte(text))
	})
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), Handler: mux}
	go func() {
		<-ctx.Done()
		if behaviour == "loses-its-directory" {
			giveUpCoverageDirectory()
		}
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// giveUpCoverageDirectory leaves the process unable to write its counters, as a non-root user is in a directory of root.
func giveUpCoverageDirectory() {
	if err := os.Chmod(os.Getenv("GOCOVERDIR"), 0o555); err != nil {
		log.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			log.Fatal(err)
		}
	}
}
