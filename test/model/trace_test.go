package model

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

func TestTrace(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		t.Skip()
	}
	r := newRun(seed, bugs{})
	r.trace = func(format string, args ...any) {
		fmt.Printf("%s "+format+"\n", append([]any{r.now.Format("04:05.000")}, args...)...)
	}
	r.api.trace = r.trace
	fmt.Println(r.play(steps))
}
