package main

import (
	"log"
	"os"
	"strings"
	"time"
)

// labClock shows the moment that its file names, moved on by the time since the file was written. Without a file it is the
// machine's own.
type labClock struct {
	file string
}

func (c labClock) now() time.Time {
	if c.file == "" {
		return time.Now().UTC()
	}
	info, err := os.Stat(c.file)
	if err != nil {
		log.Fatalf("-clock: %s", err)
	}
	text, err := os.ReadFile(c.file)
	if err != nil {
		log.Fatalf("-clock: %s", err)
	}
	set, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		log.Fatalf("-clock: %s", err)
	}
	return set.Add(time.Since(info.ModTime())).UTC()
}
