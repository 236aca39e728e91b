package serve

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-logr/logr"
)

const (
	// gcPercent lets the heap grow to four times what is in use before it is collected. What is in use is small (the
	// caches), a request leaves some 40 KB behind, and collections are what the slowest of a hundred requests wait for:
	// with it the 99th percentile beside a busy API server came down by a quarter, for some 35 MiB.
	gcPercent = 300
	// limitShare is the part of the container's memory limit at which collections become as frequent as they have to. The
	// program itself takes some 30 MiB besides; with the chart's limit a leader with 10,000 claims, Ingresses and Pods stays
	// below 200 MiB in all.
	limitShare = 0.6
	// cgroupLimit is where a container finds its own limit: cgroup v2.
	cgroupLimit = "/sys/fs/cgroup/memory.max"
)

// tuneGC trades memory for latency as far as the container allows. GOGC and GOMEMLIMIT have the last word.
func tuneGC(log logr.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	text, err := os.ReadFile(cgroupLimit)
	if err != nil {
		return // not in a container
	}
	if limit, ok := softLimit(string(text)); ok {
		debug.SetMemoryLimit(limit)
		log.Info("memory limit", "container", strings.TrimSpace(string(text)), "soft", limit)
	}
}

// softLimit is the limit for the Go runtime in a container with this limit, which may be "max".
func softLimit(text string) (int64, bool) {
	limit, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || limit <= 0 || limit == math.MaxInt64 {
		return 0, false
	}
	return int64(float64(limit) * limitShare), true
}
