package alerts_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Renderers of Markdown make an anchor of a heading: its letters, in small.
func TestTheRunbookHasASectionForEveryAlertAndForNothingElse(t *testing.T) {
	text, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(text), -1) {
		sections = append(sections, heading[1])
	}
	var names []string
	for _, rule := range alerts(t) {
		names = append(names, rule.Alert)
		if want := "/docs/runbook.md#" + strings.ToLower(rule.Alert); !strings.HasSuffix(rule.Annotations["runbook_url"], want) {
			t.Errorf("%s leads to %s, want …%s", rule.Alert, rule.Annotations["runbook_url"], want)
		}
	}
	slices.Sort(names)
	slices.Sort(sections)
	if !slices.Equal(names, sections) {
		t.Errorf("alerts\n%s\nsections\n%s", names, sections)
	}
}
