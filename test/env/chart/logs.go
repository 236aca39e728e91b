package chart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tailLines is how many lines of a log a failure shows.
const tailLines = 20

// Tails are the ends of the managers' and the hooks' logs, for the report of a failure.
func (r *Release) Tails() string {
	var text string
	for _, replica := range r.Replicas {
		text += replica.logTail()
	}
	hooks, _ := filepath.Glob(r.hookLog("*")) // the pattern is a good one
	for _, log := range hooks {
		text += logTail(log)
	}
	return text
}

// logTail is the end of the log, for error messages.
func (r *Replica) logTail() string { return logTail(r.LogFile) }

func logTail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return "\n--- " + file + "\n" + tail(string(text))
}

// tail is the end of a text, or the beginning of a crash in it: what follows that is long and says less.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	crash := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "SIG")
	})
	if crash < 0 {
		crash = max(0, len(lines)-tailLines)
	}
	return strings.Join(lines[crash:min(crash+tailLines, len(lines))], "\n")
}
