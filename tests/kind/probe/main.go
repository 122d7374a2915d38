package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	switch os.Getenv("MODE") {
	case "crash":
		fmt.Fprintln(os.Stderr, "dial tcp 10.96.0.1:5432: connect: connection refused")
		os.Exit(3)
	case "panic":
		panic("no configuration")
	case "crash-covered":
		if os.Getenv("GOCOVERDIR") != "" {
			fmt.Fprintln(os.Stderr, "unexpected file descriptor")
			os.Exit(4)
		}
	case "api":
		listPods()
	case "oom":
		var held [][]byte
		for {
			block := make([]byte, 1<<20)
			for i := range block {
				block[i] = 1
			}
			held = append(held, block)
		}
	case "slow":
		// As a service that reads a lot before it listens.
		time.Sleep(5 * time.Second)
	case "job":
		return
	case "default":
		// SIGTERM is not handled.
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	}
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if os.Getenv("MODE") == "unready" {
			http.Error(w, "database is down", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	http.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	// Nothing recovers the panic of another goroutine.
	http.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { go panic("asked to crash") })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, os.Getenv("HOSTNAME")) })
	server := &http.Server{Addr: ":8080"}
	go server.ListenAndServe()
	fmt.Fprintln(os.Stderr, "listening")
	if mode := os.Getenv("MODE"); mode == "default" || mode == "deaf" {
		select {}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, "shutting down")
	time.Sleep(200 * time.Millisecond)
	server.Close()
}

// listPods asks the API for what the service account may not see, and gives up as operators do.
func listPods() {
	const account = "/var/run/secrets/kubernetes.io/serviceaccount/"
	token, _ := os.ReadFile(account + "token")
	roots, _ := os.ReadFile(account + "ca.crt")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(roots)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	request, _ := http.NewRequest("GET", "https://kubernetes.default.svc/api/v1/pods", nil)
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := client.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var status struct{ Message string }
	json.NewDecoder(answer.Body).Decode(&status)
	fmt.Fprintln(os.Stderr, "failed to list *v1.Pod:", status.Message)
	os.Exit(1)
}
