package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescriptionsComeFirstAndTheRestStaysAsItIs(t *testing.T) {
	rows := []Row{{Name: "b", Text: "A <b>, as it is."}, {Name: "a", Text: "A group."}, {Name: "a.list", Text: "New."}}
	out, err := describe([]byte(`{"type": "object", "properties": {
		"b": {"enum": [1, true, null, "x"]},
		"a": {"type": "object", "properties": {"list": {"pattern": "^\\d$", "description": "Old.", "minimum": 0.5}}},
		"global": {"description": "Nobody's."}, "affinity": true
	}}`), rows)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "type": "object",
  "properties": {
    "b": {"description": "A <b>, as it is.", "enum": [1, true, null, "x"]},
    "a": {
      "description": "A group.",
      "type": "object",
      "properties": {"list": {"pattern": "^\\d$", "description": "New.", "minimum": 0.5}}
    },
    "global": {"description": "Nobody's."},
    "affinity": true
  }
}
`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	again, err := describe(out, rows)
	if err != nil || string(again) != string(out) {
		t.Errorf("the second time it is another one: %v\n%s", err, again)
	}
}

func TestSchemaAndValuesListTheSame(t *testing.T) {
	const schema = `{"properties": {"a": {"properties": {"b": {}}}}}`
	a := Row{Name: "a", Text: "A."}
	for want, rows := range map[string][]Row{
		"a.c is in values.yaml and has no place here":              {a, {Name: "a.c", Text: "C."}},
		"a.b has no description, and values.yaml does not have it": {a},
		"a has no description, and values.yaml does not have it":   nil,
	} {
		if _, err := describe([]byte(schema), rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
