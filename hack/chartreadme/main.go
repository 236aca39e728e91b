// Command chartreadme writes charts/gatehouse/README.md: what stands above each value in values.yaml, as a table.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed page.md.tmpl
var page string

func main() {
	if len(os.Args) != 3 {
		exit("usage: chartreadme VALUES.YAML README.MD")
	}
	values, err := os.ReadFile(os.Args[1])
	if err != nil {
		exit(err.Error())
	}
	text, err := render(values)
	if err == nil {
		err = os.WriteFile(os.Args[2], text, 0o644)
	}
	if err != nil {
		exit(err.Error())
	}
}

func exit(text string) {
	fmt.Fprintln(os.Stderr, "chartreadme: "+text)
	os.Exit(1)
}

func render(values []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(values, &document); err != nil {
		return nil, err
	}
	rows, err := read("", document.Content[0])
	if err != nil {
		return nil, err
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, rows)
	return out.Bytes(), err
}
