// The command migrate runs once, as an init container.
package main

import (
	"log"
	"os"

	"example.com/suite/internal/greeting"
)

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = []string{"nobody"}
	}
	for _, name := range names {
		text, err := greeting.For(name)
		if err != nil {
			log.Fatal(err)
		}
		log.Print(text)
	}
}
