package chart

import (
	"strings"
	"testing"
)

func TestATailIsTheEndOrTheBeginningOfACrash(t *testing.T) {
	long := strings.Repeat("a line\n", 100)
	for name, c := range map[string]struct{ text, first, last string }{
		"short":  {"one\ntwo\n", "one", "two"},
		"long":   {long + "the end\n", "a line", "the end"},
		"panic":  {long + "panic: assignment to entry in nil map\n\n" + long, "panic: assignment to entry in nil map", "a line"},
		"signal": {"one\nSIGQUIT: quit\nPC=0x1\n", "SIGQUIT: quit", "PC=0x1"},
		"empty":  {"", "", ""},
	} {
		lines := strings.Split(tail(c.text), "\n")
		if len(lines) > tailLines || lines[0] != c.first || lines[len(lines)-1] != c.last {
			t.Errorf("%s: %d lines from %q to %q", name, len(lines), lines[0], lines[len(lines)-1])
		}
	}
}
