package main

import (
	"bytes"
	"regexp"
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
		"explain":                         2,
		"explain pod/postio-3":            2,
		"explain ingress/a/b":             2,
		"explain ingress/a --kubeconfig=/not/there": 2,
		"diff":               2,
		"diff -f /not/there": 2,
		"diff -n games":      2,
		"diff --delete=a --kubeconfig=/not/there": 2,
		"hosts surplus":                  2,
		"hosts --state=Lost":             2,
		"hosts --host=[":                 2,
		"hosts --kubeconfig=/not/there":  2,
		"doctor surplus":                 2,
		"doctor --okg=nowhere":           2,
		"doctor --kubeconfig=/not/there": 2,
	} {
		t.Run(line, func(t *testing.T) {
			var output bytes.Buffer
			root := command("gatehouse")
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

func TestAsAPluginOfKubectlItNamesItselfSo(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/local/bin/gatehouse":         "  gatehouse hosts [flags]",
		"/usr/local/bin/kubectl-gatehouse": "  kubectl gatehouse hosts [flags]",
		`kubectl-gatehouse.exe`:            "  kubectl gatehouse hosts [flags]",
	} {
		var output bytes.Buffer
		root := command(program)
		root.SetArgs([]string{"hosts", "--help"})
		root.SetOut(&output)
		if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(output.String(), "\n"+want+"\n") {
			t.Errorf("%s: %v\n%s", program, err, &output)
		}
	}
}

func TestTheVersionSaysOfWhichCommitItIs(t *testing.T) {
	var output bytes.Buffer
	root := command("gatehouse")
	root.SetArgs([]string{"version"})
	root.SetOut(&output)
	if err := root.ExecuteContext(t.Context()); err != nil || !regexp.MustCompile(`^gatehouse dev \(commit \S+, built \S+, go1\.\S+\)\n$`).MatchString(output.String()) {
		t.Errorf("%v, %q", err, &output)
	}
}
