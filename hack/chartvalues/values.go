package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Row is one value, or a group of them, which has no default of its own.
type Row struct{ Name, Default, Text string }

// rowsOf lists the values of a mapping in the order in which they stand there. A mapping in braces is a value, one over
// several lines is a group. Every one of them needs a comment.
func rowsOf(prefix string, mapping *yaml.Node) ([]Row, error) {
	var rows []Row
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		row := Row{Name: prefix + key.Value, Text: comment(key)}
		if row.Text == "" {
			return nil, fmt.Errorf("line %d: %s has no comment above it that says what it is", key.Line, row.Name)
		}
		if value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 {
			inner, err := rowsOf(row.Name+".", value)
			if err != nil {
				return nil, err
			}
			rows = append(append(rows, row), inner...)
			continue
		}
		text, err := flow(value)
		if err != nil {
			return nil, err
		}
		row.Default = text
		rows = append(rows, row)
	}
	return rows, nil
}

// comment is what stands directly above a key, in one line.
func comment(key *yaml.Node) string {
	paragraphs := strings.Split(key.HeadComment, "\n\n")
	var words []string
	for line := range strings.Lines(paragraphs[len(paragraphs)-1]) {
		words = append(words, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "#"))...)
	}
	return strings.Join(words, " ")
}

// flow writes a value in one line.
func flow(value *yaml.Node) (string, error) {
	copied := *value
	copied.Style, copied.HeadComment, copied.LineComment, copied.FootComment = value.Style|yaml.FlowStyle, "", "", ""
	text, err := yaml.Marshal(&copied)
	return strings.TrimSpace(string(text)), err
}

// Cell is the text as a cell of a table.
func (r Row) Cell() string { return strings.ReplaceAll(r.Text, "|", `\|`) }
