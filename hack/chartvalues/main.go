// Command chartvalues takes what stands above each value in the chart's values.yaml to where people read it: as a table into
// the chart's README, and as descriptions into values.schema.json, which editors show.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed page.md.tmpl
var page string

func main() {
	if len(os.Args) != 2 {
		exit("usage: chartvalues CHART")
	}
	if err := run(os.Args[1]); err != nil {
		exit(err.Error())
	}
}

func exit(text string) {
	fmt.Fprintln(os.Stderr, "chartvalues: "+text)
	os.Exit(1)
}

func run(chart string) error {
	values, err := os.ReadFile(filepath.Join(chart, "values.yaml"))
	if err != nil {
		return err
	}
	rows, err := read(values)
	if err != nil {
		return fmt.Errorf("values.yaml: %w", err)
	}
	readme, err := render(rows)
	if err != nil {
		return err
	}
	schemaFile := filepath.Join(chart, "values.schema.json")
	schema, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	if schema, err = describe(schema, rows); err != nil {
		return fmt.Errorf("values.schema.json: %w", err)
	}
	if err := os.WriteFile(filepath.Join(chart, "README.md"), readme, 0o644); err != nil {
		return err
	}
	return os.WriteFile(schemaFile, schema, 0o644)
}

func read(values []byte) ([]Row, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(values, &document); err != nil {
		return nil, err
	}
	return rowsOf("", document.Content[0])
}

func render(rows []Row) ([]byte, error) {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, rows)
	return out.Bytes(), err
}
