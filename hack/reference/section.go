package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

type schema = apiextensionsv1.JSONSchemaProps

// section is one object with its fields.
type section struct {
	Title, Text string
	Fields      []field
}

type field struct{ Name, Type, Text string }

// sections are those of a kind, in the order in which they are met. Two fields of one type share a section.
type sections struct {
	kind string
	list []section
	told []told
}

type told struct {
	path   string
	schema *schema
}

// add tells of an object and of all below it.
func (s *sections) add(path string, object *schema) {
	s.told = append(s.told, told{path, object})
	at := len(s.list)
	s.list = append(s.list, section{Title: s.kind + " " + path, Text: sentence(trimName(path[strings.LastIndexByte(path, '.')+1:], object.Description)) + rules(object)})
	var below []told
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		property := object.Properties[name]
		f := field{Name: "`" + name + "`", Text: describe(name, &property)}
		if slices.Contains(object.Required, name) {
			f.Name += " (required)"
		}
		where, inner := path+"."+name, element(&property)
		if inner != &property {
			where += "[]"
		}
		if len(inner.Properties) > 0 && !isCondition(inner) {
			if known := s.known(inner); known != "" {
				where = known
			} else if !slices.ContainsFunc(below, func(t told) bool { return alike(t.schema, inner) }) {
				below = append(below, told{where, inner})
			} else {
				where = below[slices.IndexFunc(below, func(t told) bool { return alike(t.schema, inner) })].path
			}
		}
		f.Type = s.typeOf(&property, where)
		s.list[at].Fields = append(s.list[at].Fields, f)
	}
	for _, t := range below {
		s.add(t.path, t.schema)
	}
}

// known is where an object of the same type has been told of.
func (s *sections) known(object *schema) string {
	for _, t := range s.told {
		if alike(t.schema, object) {
			return t.path
		}
	}
	return ""
}

// alike tells whether two objects are of one type: fields describe them differently.
func alike(a, b *schema) bool {
	x, y := *a, *b
	x.Description, y.Description = "", ""
	return equality.Semantic.DeepEqual(x, y)
}

// element is what a list or map holds, or the schema itself.
func element(s *schema) *schema {
	switch {
	case s.Items != nil && s.Items.Schema != nil:
		return s.Items.Schema
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return s.AdditionalProperties.Schema
	}
	return s
}

// isCondition is a condition as all of Kubernetes has them.
func isCondition(s *schema) bool {
	_, reason := s.Properties["reason"]
	_, transition := s.Properties["lastTransitionTime"]
	return reason && transition
}

// durationPattern is how the CRDs say that a text is a duration.
const durationPattern = `^([0-9]{1,5}(h|m|s)){1,3}$`

func (s *sections) typeOf(of *schema, path string) string {
	inner := element(of)
	switch {
	case of.XIntOrString:
		return "integer or string"
	case of.Type == "array":
		return "list of " + strings.TrimPrefix(s.typeOf(inner, path), "a ")
	case of.AdditionalProperties != nil && inner != of:
		return "map of " + s.typeOf(inner, path)
	case isCondition(of):
		return "condition"
	case len(of.Properties) > 0:
		return fmt.Sprintf("[object](#%s)", anchor(s.kind+" "+path))
	case of.Pattern == durationPattern:
		return "duration"
	case of.Format == "date-time":
		return "time"
	}
	return of.Type
}

// anchor is what GitHub makes of a heading.
func anchor(title string) string {
	plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(plain, " ", "-")
}
