package cases

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Make puts a value into the object that would be too long to write down.
type Make struct {
	// At is where to put it: names and list indices below the object, separated by slashes; "~1" is a slash.
	At string `json:"at"`
	// Count makes a list of so many values, or with Key a map. Each "#" in key and value becomes the index.
	Count int    `json:"count,omitempty"`
	Key   string `json:"key,omitempty"`
	// Length makes a string of this length by repeating the value. With Count, it makes each value so long, or a little
	// shorter, by appending Pad. Without Count and Length the value itself is put.
	Length int    `json:"length,omitempty"`
	Pad    string `json:"pad,omitempty"`
	Value  any    `json:"value"`
}

func (c *Case) make() error {
	root := map[string]any{"spec": c.Spec, "old": c.Old, "status": c.Status}
	for _, m := range c.Make {
		if _, err := put(root, strings.Split(m.At, "/"), m.value()); err != nil {
			return fmt.Errorf("make at %s: %w", m.At, err)
		}
	}
	// Kubernetes decodes whole numbers of JSON into int64, not float64.
	data, err := json.Marshal(root)
	if err != nil {
		return err
	}
	if err := utiljson.Unmarshal(data, &root); err != nil {
		return err
	}
	c.Spec, _ = root["spec"].(map[string]any)
	c.Old, _ = root["old"].(map[string]any)
	c.Status, _ = root["status"].(map[string]any)
	return nil
}

func (m Make) value() any {
	switch {
	case m.Count == 0 && m.Length > 0:
		unit := fmt.Sprint(m.Value)
		return strings.Repeat(unit, m.Length/len(unit)+1)[:m.Length]
	case m.Key != "":
		entries := map[string]any{}
		for i := range m.Count {
			entries[number(m.Key, i)] = m.item(i)
		}
		return entries
	case m.Count > 0:
		list := make([]any, m.Count)
		for i := range list {
			list[i] = m.item(i)
		}
		return list
	default:
		return m.Value
	}
}

func (m Make) item(i int) any {
	value, ok := indexed(m.Value, i).(string)
	if !ok {
		return indexed(m.Value, i)
	}
	for len(m.Pad) > 0 && len(value)+len(m.Pad) <= m.Length {
		value += m.Pad
	}
	return value
}

// indexed is a copy of a value in which each "#" is the index.
func indexed(value any, i int) any {
	switch value := value.(type) {
	case string:
		return number(value, i)
	case map[string]any:
		entries := map[string]any{}
		for key, entry := range value {
			entries[key] = indexed(entry, i)
		}
		return entries
	default:
		return value
	}
}

func number(s string, i int) string { return strings.ReplaceAll(s, "#", strconv.Itoa(i)) }

// put returns parent with value at the steps below it.
func put(parent any, steps []string, value any) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	step := strings.ReplaceAll(steps[0], "~1", "/")
	switch node := parent.(type) {
	case nil:
		return put(map[string]any{}, steps, value)
	case map[string]any:
		if node == nil {
			node = map[string]any{}
		}
		child, err := put(node[step], steps[1:], value)
		node[step] = child
		return node, err
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(node) {
			return nil, fmt.Errorf("no item %q", step)
		}
		node[i], err = put(node[i], steps[1:], value)
		return node, err
	default:
		return nil, fmt.Errorf("%q stands below a %T", step, parent)
	}
}
