package offline

import (
	"bytes"
	"encoding/json"
	"io"

	"sigs.k8s.io/yaml"
)

var writers = map[string]func(io.Writer, Report) error{
	"text": func(w io.Writer, r Report) error { return r.Text(w) },
	"json": func(w io.Writer, r Report) error { return JSON(w, r) },
	"yaml": func(w io.Writer, r Report) error { return YAML(w, r) },
}

// JSON writes a report for programs.
func JSON(w io.Writer, report any) error {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false) // values hold <id> and the like
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(document.Bytes()))
	return err
}

// YAML writes the same document as JSON.
func YAML(w io.Writer, report any) error {
	document, err := json.Marshal(report)
	if err != nil {
		return err
	}
	// yaml.Marshal would fail: YAML takes control characters such as U+009B only as escapes, and JSON does not escape all.
	data, err := yaml.JSONToYAML(escapeJSON(document))
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
