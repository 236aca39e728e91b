// Command findings writes docs/findings.md from the catalog of findings.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

//go:embed page.md.tmpl
var page string

// width is where lines of text are broken, as in the other documents.
const width = 140

// groups are the hundreds that codes are numbered by.
var groups = []struct{ Prefix, Title string }{
	{"GH1", "GamePolicies"},
	{"GH2", "Hosts"},
	{"GH3", "Game server sets"},
	{"GH4", "Annotations"},
	{"GH5", "Gateways"},
}

func main() {
	if len(os.Args) != 2 {
		exit("usage: findings FILE")
	}
	text, err := render()
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		exit(err.Error())
	}
}

func exit(text string) {
	fmt.Fprintln(os.Stderr, "findings: "+text)
	os.Exit(1)
}

func render() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"anchor": func(c finding.Code) string { return strings.ToLower(string(c)) },
		"of":     of, "places": places, "severities": severities, "wrap": wrap,
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, groups)
	return out.Bytes(), err
}

// of lists the entries of a group.
func of(prefix string) []finding.Entry {
	var out []finding.Entry
	for _, e := range finding.Catalog() {
		if strings.HasPrefix(string(e.Code), prefix) {
			out = append(out, e)
		}
	}
	return out
}

func places(list []finding.Place) string {
	var names []string
	for _, p := range list {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// severities says of an entry where it is given, and how gravely.
func severities(e finding.Entry) string {
	var parts []string
	for _, s := range []struct {
		severity finding.Severity
		places   []finding.Place
	}{{finding.Error, e.Errors}, {finding.Warning, e.Warnings}, {finding.Info, e.Infos}} {
		if len(s.places) > 0 {
			parts = append(parts, string(s.severity)+": "+places(s.places))
		}
	}
	return strings.Join(parts, ". ") + "."
}

// wrap breaks text into lines at blanks. In Markdown a line break is a blank.
func wrap(text string) string {
	var out strings.Builder
	line := 0
	for _, word := range strings.Fields(text) {
		switch {
		case line == 0:
		case line+1+len(word) > width:
			out.WriteByte('\n')
			line = 0
		default:
			out.WriteByte(' ')
			line++
		}
		out.WriteString(word)
		line += len(word)
	}
	return out.String()
}
