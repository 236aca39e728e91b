package model

import (
	"os"
	"strconv"
	"testing"
)

// The seeds up to 200 have found what was wrong with the protocol while it was written; MODEL_SCHEDULES runs more.
const steps = 1500

func schedules() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("MODEL_SCHEDULES"), 10, 64); err == nil {
		return n
	}
	return 200
}

// TestNobodySharesAHost runs many schedules. A failure names its seed, which brings about the same schedule again.
func TestNobodySharesAHost(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for seed := range schedules() {
		r := newRun(seed, bugs{})
		if err := r.play(steps); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for what, n := range r.counts {
			counts[what] += n
		}
	}
	t.Logf("%d schedules of %d steps: %v", schedules(), steps, counts)
	for _, what := range []string{"stored", "refused", "lost", "409", "crash", "set", "claim deleted"} {
		if counts[what] < int(schedules()) {
			t.Errorf("%q came about %d times in %d schedules: the model does not try it enough", what, counts[what], schedules())
		}
	}
}

// TestTheModelNoticesWhatIsTakenOut: a model that finds nothing wrong with a broken protocol shows nothing.
func TestTheModelNoticesWhatIsTakenOut(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]bugs{
		"the check of a fresh claim":                    {blind: true},
		"the wait before a release":                     {impatient: true},
		"reading anew and preconditions before release": {hasty: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range 20 * schedules() {
				if err := newRun(seed, b).play(steps); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("the model did not notice")
		})
	}
}
