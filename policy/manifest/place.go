package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place finds the line of a field in a document. The document is parsed for its lines only when the first one is asked
// for: correct input pays nothing.
type place struct {
	document
	root   *yaml.Node
	parsed bool
}

// source is where a field stands, or its nearest parent that can be found.
func (p *place) source(path []step) Source {
	at := p.Source
	node := p.node()
	for i := 0; node != nil; i++ {
		if n := p.Line + node.Line - 1; node.Line > 0 {
			at.Line = n
		}
		if i == len(path) {
			break
		}
		var line int
		node, line = child(node, path[i])
		if line > 0 {
			at.Line = p.Line + line - 1
			if i == len(path)-1 {
				break // the line of the key, not of a value that begins below it
			}
		}
	}
	return at
}

func (p *place) node() *yaml.Node {
	if p.parsed {
		return p.root
	}
	p.parsed = true
	var document yaml.Node
	if yaml.Unmarshal(p.text, &document) == nil && len(document.Content) == 1 {
		p.root = document.Content[0]
	}
	return p.root
}

// child is the node a step leads to, with the line of its key if it has one.
func child(node *yaml.Node, s step) (*yaml.Node, int) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil {
		return nil, 0
	}
	switch {
	case node.Kind == yaml.MappingNode && s.isKey():
		for i := 0; i+1 < len(node.Content); i += 2 {
			if k := node.Content[i]; k.Value == s.key || boolish(k.Value) == s.key {
				return node.Content[i+1], k.Line
			}
		}
	case node.Kind == yaml.SequenceNode && !s.isKey() && s.index < len(node.Content):
		return node.Content[s.index], node.Content[s.index].Line
	}
	return nil, 0
}

// step is one step into a document: a key or an index.
type step struct {
	key   string
	index int // -1: a key
}

func key(k string) step    { return step{key: k, index: -1} }
func index(i int) step     { return step{index: i} }
func (s step) isKey() bool { return s.index < 0 }

// fieldName is the path as the API server writes it.
func fieldName(path []step) string {
	var b strings.Builder
	for i, s := range path {
		switch {
		case !s.isKey():
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case strings.ContainsAny(s.key, "./[] "):
			b.WriteString("[" + s.key + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		}
	}
	return b.String()
}
