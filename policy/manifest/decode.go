package manifest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// decode reads all documents of a file.
func (r *reader) decode(file string, data []byte) {
	begin := len(r.problems)
	defer func() {
		slices.SortStableFunc(r.problems[begin:], func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	}()
	for _, d := range split(file, data) {
		value, problems := d.parse()
		if len(problems) > 0 {
			r.problems = append(r.problems, problems...)
			continue
		}
		if value == nil {
			continue // "null", or "~"
		}
		r.object(&place{document: d}, nil, value, "")
	}
}

// object reads one object: a document, or an item of a list. inherited is the kind that the list gives to items that
// name none.
func (r *reader) object(at *place, path []step, value any, inherited string) {
	object, ok := value.(map[string]any)
	if !ok {
		r.problem(at.source(path), fieldName(path), "is no object, but %s", describe(value))
		return
	}
	if inherited != "" && object["apiVersion"] == nil && object["kind"] == nil {
		object = maps.Clone(object)
		object["apiVersion"], object["kind"], _ = strings.Cut(inherited, " ")
	}
	apiVersion, ok1 := r.typeField(at, path, object, "apiVersion")
	kindName, ok2 := r.typeField(at, path, object, "kind")
	if !ok1 || !ok2 {
		return
	}
	of := apiVersion + " " + kindName
	if items, ok := listOf(of); ok {
		r.list(at, path, object, items)
		return
	}
	known, ok := kinds[of]
	if !ok {
		r.problem(at.source(append(path, key("kind"))), fieldName(append(path, key("kind"))), "%s is not read here; known are %s, and lists of them", of, strings.Join(knownKinds(), ", "))
		return
	}
	r.known(at, path, object, of, known)
}

// typeField is apiVersion or kind, without which nothing can be read.
func (r *reader) typeField(at *place, path []step, object map[string]any, name string) (string, bool) {
	path = append(slices.Clip(path), key(name))
	text, ok := object[name].(string)
	switch {
	case ok && text != "":
		return text, true
	case ok || object[name] == nil:
		r.problem(at.source(path), fieldName(path), "is missing; the object has %s", some(slices.Sorted(maps.Keys(object))))
	default:
		r.problem(at.source(path), fieldName(path), "must be a string, not %s", describe(object[name]))
	}
	return "", false
}

// listOf tells which kind the items of a list are of: "" for a List of anything.
func listOf(of string) (items string, ok bool) {
	if of == "v1 List" {
		return "", true
	}
	items, ok = strings.CutSuffix(of, "List")
	_, isKnown := kinds[items]
	return items, ok && isKnown
}

func (r *reader) list(at *place, path []step, list map[string]any, inherited string) {
	for _, k := range slices.Sorted(maps.Keys(list)) {
		if !slices.Contains([]string{"apiVersion", "kind", "metadata", "items"}, k) {
			r.problem(at.source(append(path, key(k))), fieldName(append(path, key(k))), "unknown field; a list has apiVersion, kind, metadata and items")
		}
	}
	items, ok := list["items"].([]any)
	if !ok && list["items"] != nil {
		r.problem(at.source(append(path, key("items"))), fieldName(append(path, key("items"))), "must be a list, not %s", describe(list["items"]))
		return
	}
	if len(path) > 0 {
		r.problem(at.source(path), fieldName(path), "is a list inside a list")
		return
	}
	for i, item := range items {
		r.object(at, []step{key("items"), index(i)}, item, inherited)
	}
}

// known reads an object of a known kind.
func (r *reader) known(at *place, path []step, data map[string]any, of string, k kind) {
	c := checker{anySize: k.anySize, report: func(at2 []step, message string) {
		r.problem(at.source(at2), fieldName(at2), "%s", message)
	}}
	c.object(path, data, k.shape)
	if c.reported {
		return
	}
	metadata, _ := data["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	if name == "" {
		r.problem(at.source(path), fieldName(append(path, key("metadata"), key("name"))), "is missing; every %s needs a name here", of[strings.IndexByte(of, ' ')+1:])
		return
	}
	id := of + " " + name
	if k.namespaced {
		namespace, _ := metadata["namespace"].(string)
		if namespace == "" {
			namespace = "default"
			metadata = maps.Clone(metadata)
			metadata["namespace"] = namespace
			data = maps.Clone(data)
			data["metadata"] = metadata
		}
		id = of + " " + namespace + "/" + name
	}
	source := at.source(path)
	// Two policies of one name are for preview to report: it says so per policy.
	if first, twice := r.seen[id]; twice && of != policyKind {
		r.problem(source, fieldName(path), "%s is given twice, first in %s", id, first)
		return
	}
	r.seen[id] = source
	if err := k.keep(&r.input, object{Source: source, name: name, data: data, origin: origin{at, slices.Clone(path)}}); err != nil {
		r.problem(source, fieldName(path), "does not fit %s: %v", of, err)
	}
}

const policyKind = "gatehouse.dev/v1alpha1 GamePolicy"

func knownKinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// some names a few of many.
func some(names []string) string {
	switch {
	case len(names) == 0:
		return "no fields"
	case len(names) > 8:
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

// describe is what a JSON value is, for people.
func describe(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case []any:
		return "a list"
	}
	return "an object"
}
