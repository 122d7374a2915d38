// Package server is a service that counts its requests in its coverage, and ends as MODE says.
package server

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func counted() {
	fmt.Fprint(os.Stdout, "") // counted
}

// Run serves until SIGTERM.
func Run(name string) {
	mode := os.Getenv("MODE")
	ended := make(chan os.Signal, 1)
	switch mode {
	case "default":
		// SIGTERM is not handled.
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	default:
		signal.Notify(ended, syscall.SIGTERM)
	}
	http.HandleFunc("/hit", func(w http.ResponseWriter, _ *http.Request) {
		counted()
		fmt.Fprintln(w, name)
	})
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	go http.ListenAndServe(":8080", nil)
	fmt.Fprintln(os.Stderr, name, "listens")
	<-ended
	fmt.Fprintln(os.Stderr, name, "ends")
	switch mode {
	case "panic":
		panic("out of order")
	case "exit143":
		os.Exit(143)
	case "syscall":
		syscall.Exit(0)
	case "oom":
		var held []string
		for {
			held = append(held, strings.Repeat("x", 1<<20))
		}
	case "slow":
		time.Sleep(3 * time.Second)
	case "job":
		os.Exit(0)
	}
}
