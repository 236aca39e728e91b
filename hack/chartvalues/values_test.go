package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryValueIsALineWithItsDefaultAndWhatStandsAboveIt(t *testing.T) {
	rows, err := read([]byte(`
# Of nobody's key.

# How many,
# or none.
replicas: 2
# A group.
image:
  # Where | it is.
  repository: "a/b"
  # A map in braces is a value.
  labels: {a: "1", b: [x]}
  # Nothing.
  tag: ""
`))
	if err != nil {
		t.Fatal(err)
	}
	out, err := render(rows)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(out), "|---|---|---|\n")
	want := "| `replicas` | `2` | How many, or none. |\n" +
		"| `image` |  | A group. |\n" +
		"| `image.repository` | `\"a/b\"` | Where \\| it is. |\n" +
		"| `image.labels` | `{a: \"1\", b: [x]}` | A map in braces is a value. |\n" +
		"| `image.tag` | `\"\"` | Nothing. |\n"
	if diff := cmp.Diff(want, strings.TrimRight(table, "\n")+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestAValueThatNobodyExplainsIsAnError(t *testing.T) {
	_, err := read([]byte("# Fine.\na:\n  # Fine.\n  b: 1\n  c: 2\n"))
	if err == nil || !strings.Contains(err.Error(), "line 5: a.c has no comment above it") {
		t.Errorf("%v", err)
	}
}
