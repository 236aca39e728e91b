package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"

	yamlv3 "go.yaml.in/yaml/v3"
	jsonstrict "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// document is one document of a file, as text.
type document struct {
	Source // Line is where it begins
	text   []byte
}

// split cuts a file into documents. It is done by hand, because one document that cannot be parsed must not hide what
// is wrong with the others.
func split(file string, data []byte) []document {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if documents, ok := splitJSON(file, data); ok {
		return documents
	}
	var documents []document
	current := document{Source: Source{File: file, Document: 1, Line: 1}}
	line := 0
	for rest := data; len(rest) > 0; {
		var text []byte
		text, rest = nextLine(rest)
		line++
		if begin, separator := separates(text); separator {
			documents = append(documents, current)
			current = document{Source: Source{File: file, Document: current.Document + 1, Line: line}}
			text = begin
		}
		current.text = append(current.text, text...)
	}
	documents = append(documents, current)
	return renumber(documents)
}

func nextLine(data []byte) (line, rest []byte) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return data[:i+1], data[i+1:]
	}
	return data, nil
}

// separates tells whether a line ends a document or begins one, and what of the new one stands on it.
func separates(line []byte) ([]byte, bool) {
	after, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok {
		after, ok = bytes.CutPrefix(line, []byte("..."))
	}
	if !ok || len(after) > 0 && !bytes.ContainsRune([]byte(" \t\r\n"), rune(after[0])) {
		return nil, false
	}
	return append([]byte("   "), after...), true
}

var nothing = regexp.MustCompile(`^(\s|#[^\n]*|%[^\n]*)*$`)

// renumber drops documents that hold nothing but blanks, comments and directives, and counts the others.
func renumber(documents []document) []document {
	kept := documents[:0]
	for _, d := range documents {
		if !nothing.Match(d.text) {
			d.Document = len(kept) + 1
			kept = append(kept, d)
		}
	}
	return kept
}

// splitJSON cuts a stream of JSON objects. JSON is read as JSON, because YAML is not quite a superset of it (tabs).
func splitJSON(file string, data []byte) ([]document, bool) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, false
	}
	var documents []document
	decoder := json.NewDecoder(bytes.NewReader(data))
	line, counted := 1, 0
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return documents, true
		}
		if err != nil {
			return nil, false
		}
		begin := int(decoder.InputOffset()) - len(raw)
		line += bytes.Count(data[counted:begin], []byte("\n"))
		counted = begin
		documents = append(documents, document{Source{file, len(documents) + 1, line}, raw})
	}
}

// parse turns the text into what the API server would get from kubectl: JSON values, whole numbers as int64.
func (d document) parse() (any, []Problem) {
	asJSON := d.text
	if !json.Valid(d.text) {
		var err error
		if asJSON, err = yaml.YAMLToJSONStrict(d.text); err != nil {
			return nil, d.syntax(err)
		}
		if d.goesOn() {
			return nil, []Problem{{Source: d.Source, Message: "is no valid YAML: something follows after the end of the document; begin it with ---"}}
		}
	}
	var value any
	strict, err := jsonstrict.UnmarshalStrict(asJSON, &value)
	if err != nil {
		return nil, []Problem{{Source: d.Source, Message: err.Error()}}
	}
	var problems []Problem
	for _, err := range strict { // keys given twice, in JSON; in YAML the conversion has found them
		problems = append(problems, Problem{Source: d.Source, Message: err.Error()})
	}
	return value, problems
}

// goesOn tells whether something stands behind the document's value, which the YAML parser would drop without a word.
// That can only be behind a value that has an end of its own, such as {a: 1}.
func (d document) goesOn() bool {
	start := bytes.TrimLeft(d.text, " \t\r\n")
	if len(start) == 0 || bytes.IndexByte([]byte(`{["'!&*|>#`), start[0]) < 0 {
		return false
	}
	decoder := yamlv3.NewDecoder(bytes.NewReader(d.text))
	var node yamlv3.Node
	return decoder.Decode(&node) == nil && !errors.Is(decoder.Decode(&node), io.EOF)
}

var yamlLine = regexp.MustCompile(`(?m)^(?:yaml: )?\s*line (\d+): (.*)$`)

// syntax is one problem per line that the YAML parser complains of, with the line of the file instead of the document's.
func (d document) syntax(err error) []Problem {
	var problems []Problem
	for _, m := range yamlLine.FindAllStringSubmatch(err.Error(), -1) {
		at := d.Source
		if n, err := strconv.Atoi(m[1]); err == nil {
			at.Line += n - 1
		}
		problems = append(problems, Problem{Source: at, Message: "is no valid YAML: " + m[2]})
	}
	if problems == nil {
		problems = []Problem{{Source: d.Source, Message: "is no valid YAML: " + err.Error()}}
	}
	return problems
}
