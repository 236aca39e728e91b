package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// describe writes what stands above each value into its place in the schema, and fails where the two do not list the same.
func describe(schema []byte, rows []Row) ([]byte, error) {
	// Every JSON document is YAML, and YAML's nodes keep the order.
	var document yaml.Node
	if err := yaml.Unmarshal(schema, &document); err != nil {
		return nil, err
	}
	root := document.Content[0]
	for _, row := range rows {
		place := root
		for name := range strings.SplitSeq(row.Name, ".") {
			if place = field(field(place, "properties"), name); place == nil {
				return nil, fmt.Errorf("%s is in values.yaml and has no place here", row.Name)
			}
		}
		setDescription(place, row.Text)
	}
	if err := described("", root); err != nil {
		return nil, err
	}
	text, err := write(root, "")
	return []byte(text + "\n"), err
}

// field is the value of a key of an object; nil if there is none.
func field(object *yaml.Node, key string) *yaml.Node {
	if object == nil {
		return nil
	}
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == key {
			return object.Content[i+1]
		}
	}
	return nil
}

// setDescription puts it first.
func setDescription(object *yaml.Node, text string) {
	if d := field(object, "description"); d != nil {
		d.Value = text
		return
	}
	quoted := func(s string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
	}
	object.Content = append([]*yaml.Node{quoted("description"), quoted(text)}, object.Content...)
}

// described fails for a property that nothing is said of, because values.yaml does not have it. Where the schema is true, the
// property is one of Kubernetes, which describes it.
func described(path string, schema *yaml.Node) error {
	properties := field(schema, "properties")
	if properties == nil {
		return nil
	}
	for i := 0; i+1 < len(properties.Content); i += 2 {
		name, property := path+properties.Content[i].Value, properties.Content[i+1]
		if property.Kind == yaml.MappingNode && field(property, "description") == nil {
			return fmt.Errorf("%s has no description, and values.yaml does not have it", name)
		}
		if err := described(name+".", property); err != nil {
			return err
		}
	}
	return nil
}

// width is how long a line may be that holds a whole object or list.
const width = 120

// write writes JSON in the order in which it was read, and in one line what fits into one.
func write(node *yaml.Node, indent string) (string, error) {
	if node.Kind == yaml.ScalarNode {
		var value any
		if err := node.Decode(&value); err != nil {
			return "", err
		}
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(value)
		return strings.TrimSpace(text.String()), err
	}
	var items []string
	step, left, right := 1, "[", "]"
	if node.Kind == yaml.MappingNode {
		step, left, right = 2, "{", "}"
	}
	for i := 0; i+step <= len(node.Content); i += step {
		item, err := write(node.Content[i+step-1], indent+"  ")
		if err != nil {
			return "", err
		}
		if step == 2 {
			key, err := write(node.Content[i], "")
			if err != nil {
				return "", err
			}
			item = key + ": " + item
		}
		items = append(items, item)
	}
	line := left + strings.Join(items, ", ") + right
	if len(indent)+len(line) <= width && !strings.Contains(line, "\n") {
		return line, nil
	}
	inner := "\n" + indent + "  "
	return left + inner + strings.Join(items, ","+inner) + "\n" + indent + right, nil
}
