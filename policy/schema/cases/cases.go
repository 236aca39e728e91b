// Package cases is the table of objects that the CRDs accept or refuse, with the exact messages. It holds no test
// itself, because two read it: package schema, which runs the rules in Go, and test/api, which asks a real API server.
// Both agree with the table, hence with each other. Only tests import it.
package cases

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

//go:embed testdata
var files embed.FS

// Kind is a kind of object that the table knows; it is also the folder of its cases.
type Kind string

// The kinds of the table.
const (
	GamePolicy Kind = "gamepolicy"
	HostClaim  Kind = "hostclaim"
)

// Case is one object and what the API server says to it.
type Case struct {
	Name string `json:"name"`
	// Spec of the object, to which Make adds.
	Spec map[string]any `json:"spec"`
	Make []Make         `json:"make,omitempty"`
	// Old is the spec of the object that Spec is an update of. Not set, the object is created.
	Old map[string]any `json:"old,omitempty"`
	// Status is what is written to the status of an object with Spec.
	Status map[string]any `json:"status,omitempty"`
	// Metadata beside the name, or instead of the one that the test chooses.
	Metadata map[string]any `json:"metadata,omitempty"`
	// Want are the refusals as "field: message", in any order. Empty: the object is accepted.
	Want []string `json:"want,omitempty"`
	// Blocked says that one of the refusals keeps the CEL rules from being run, about which the API server adds a remark.
	Blocked bool `json:"blocked,omitempty"`

	File string `json:"-"`
}

// blocked is the remark; "<nil>" is the field of what is about no field.
const blocked = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; " +
	"correct the existing errors to complete validation"

// Created tells whether the case is about creating an object, which needs nothing but the object itself.
func (c Case) Created() bool { return c.Old == nil && c.Status == nil }

// Load reads all cases of a kind.
func Load(kind Kind) ([]Case, error) {
	names, err := fs.Glob(files, path.Join("testdata", string(kind), "*.yaml"))
	if err != nil {
		return nil, err
	}
	var all []Case
	seen := map[string]string{}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var list []Case
		if err := yaml.UnmarshalStrict(data, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, c := range list {
			c.File = path.Base(name)
			if other, ok := seen[c.Name]; ok || c.Name == "" {
				return nil, fmt.Errorf("%s: case name %q is empty or also in %s", name, c.Name, other)
			}
			seen[c.Name] = name
			if err := c.make(); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, c.Name, err)
			}
			if c.Blocked {
				c.Want = append(c.Want, blocked)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// Object is the object of a case, without its status.
func (c Case) Object(apiVersion, kind string) map[string]any {
	obj := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "case"}}
	if c.Metadata != nil {
		obj["metadata"] = c.Metadata
	}
	if c.Spec != nil {
		obj["spec"] = runtime.DeepCopyJSON(c.Spec)
	}
	return obj
}
