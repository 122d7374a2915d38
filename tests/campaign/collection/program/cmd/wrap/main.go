// Command wrap starts what it is called with, waits for it, and passes no signal on; with WRAP=deaf it ignores them.
package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	if os.Getenv("WRAP") == "deaf" {
		signal.Ignore(syscall.SIGTERM)
	}
	child := exec.Command(os.Args[1], os.Args[2:]...)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if child.Run() != nil {
		os.Exit(1)
	}
}
