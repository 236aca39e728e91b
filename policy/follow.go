package policy

import (
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// Following is what is to become of an Ingress that stands.
type Following struct {
	// Decision is what it shall carry now. Where it is Changed, that is to be written.
	Decision
	// Matched are the policies in mode Enforce that select it.
	Matched []string
	// Causes are the policies on whose behalf it is Changed, sorted: those that set what it does not carry, and those whose
	// values are to go.
	Causes []string
	// Held are policies that a new Ingress in its place would follow and that let this one be: rollout.existing Never, or
	// servers Idle while somebody plays.
	Held []string
	// Trying are the policies in mode Warn or Audit that select it.
	Trying []string
}

// Follow decides about an Ingress that stands, of a request without Old.
func (s *Set) Follow(r Request) Following {
	r.Old = r.Ingress
	f := Following{Decision: s.Decide(r)}
	if f.Verdict == Ungoverned {
		return f
	}
	for _, i := range s.selecting(&r, f.Server) {
		p := s.policies[i]
		if enforcing(p.mode) {
			f.Matched = append(f.Matched, p.name)
		} else {
			f.Trying = append(f.Trying, p.name)
		}
	}
	if f.Changed {
		f.Causes = causes(r.Ingress.Annotations, f.Annotations)
	}
	if s.anyFrozen && r.Class.Managed {
		f.Held = s.held(r, &f)
	}
	return f
}

// selecting are the policies that select the Ingress of a managed class.
func (s *Set) selecting(r *Request, server gameserver.Identity) []int {
	if !r.Class.Managed {
		return nil
	}
	return s.match(r, server)
}

// causes are the policies of which two sets of annotations, each with its record, show different traces.
func causes(from, to map[string]string) []string {
	before, _ := readRecord(from)
	after, _ := readRecord(to)
	found := map[string]bool{}
	note := func(k string) {
		if e, set := after.Keys[k]; set {
			found[e.Policy] = true
		} else if e, set := before.Keys[k]; set {
			found[e.Policy] = true
		}
	}
	for k, v := range to {
		if was, there := from[k]; k != AppliedAnnotation && (!there || was != v) {
			note(k)
		}
	}
	for k := range from {
		if _, stays := to[k]; k != AppliedAnnotation && !stays {
			note(k)
		}
	}
	if len(found) == 0 { // only who is responsible has changed
		for k := range after.Keys {
			note(k)
		}
		for k := range before.Keys {
			note(k)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// held are the policies that keep to what they had set, where they would set something else on a new Ingress.
func (s *Set) held(r Request, f *Following) []string {
	r.Old = nil
	free := s.Decide(r)
	var out []string
	for _, name := range causes(f.Annotations, free.Annotations) {
		i, known := s.byPolicy[name]
		if known && s.policies[i].frozen(&r) && s.policies[i].mode == v1alpha1.ModeEnforce && differ(f.Annotations, free.Annotations) {
			out = append(out, name)
		}
	}
	return out
}

// differ compares annotations but for the record.
func differ(a, b map[string]string) bool {
	equal := func(x, y map[string]string) bool {
		for k, v := range x {
			if w, there := y[k]; k != AppliedAnnotation && (!there || w != v) {
				return false
			}
		}
		return true
	}
	return !equal(a, b) || !equal(b, a)
}

// Trials are what the policies in mode Warn or Audit would change in mode Enforce, by name.
func (s *Set) Trials() map[string]Edit {
	out := map[string]Edit{}
	for _, p := range s.policies {
		if !enforcing(p.mode) {
			out[p.name] = s.Edit(p.Enforced())
		}
	}
	return out
}

// Has tells whether a policy of the name stands.
func (s *Set) Has(name string) bool {
	_, known := s.byPolicy[name]
	return known
}

// Names are those of the policies, by precedence.
func (s *Set) Names() []string {
	out := make([]string, 0, len(s.policies))
	for _, p := range s.policies {
		out = append(out, p.name)
	}
	return out
}

// PerSecond is the rate of a policy; of one that does not stand, that of the default.
func (s *Set) PerSecond(name string) int {
	if i, known := s.byPolicy[name]; known {
		return s.policies[i].PerSecond()
	}
	return DefaultPerSecond
}

// DefaultPerSecond is rollout.maxPerSecond where no policy says it.
const DefaultPerSecond = 20

// Slowest is that of several policies whose rate is the lowest; of equals the first.
func (s *Set) Slowest(names []string) string {
	slowest := ""
	for _, name := range names {
		if slowest == "" || s.PerSecond(name) < s.PerSecond(slowest) {
			slowest = name
		}
	}
	return slowest
}

// WaitsForIdle tells whether a policy lets a server be while somebody plays on it, and changes it later.
func (s *Set) WaitsForIdle(name string) bool {
	i, known := s.byPolicy[name]
	return known && s.policies[i].whenIdle && !s.policies[i].never
}
