package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheExitCodeSaysWhatHappened(t *testing.T) {
	for line, want := range map[string]int{
		"":                                0,
		"version":                         0,
		"version x":                       2,
		"version --nothing":               2,
		"manager --help":                  0,
		"nothing":                         2,
		"--nothing":                       2,
		"manager surplus":                 2,
		"manager --nothing":               2,
		"manager --log-level=loud":        2,
		"manager --kubeconfig=/not/there": 1,
		"preview":                         2,
		"preview -f /not/there":           2,
		"lint":                            2,
		"lint -f /not/there":              2,
	} {
		t.Run(line, func(t *testing.T) {
			var output bytes.Buffer
			root := command()
			root.SetArgs(strings.Fields(line))
			root.SetOut(&output)
			root.SetErr(&output)
			err := root.ExecuteContext(t.Context())
			if code := exitCode(err); code != want {
				t.Errorf("exit code %d, want %d: %v\n%s", code, want, err, &output)
			}
		})
	}
}
