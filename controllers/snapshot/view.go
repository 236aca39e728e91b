package snapshot

import "github.com/gatehouse-dev/gatehouse/policy"

// Fleet is what GamePolicies are held against: the policies that stand and all that they can select, of one moment. It is
// false while not everything is known yet.
func (s *Snapshot) Fleet() (*policy.Set, policy.Fleet, bool) {
	now := s.current.Load()
	if now == nil {
		return nil, policy.Fleet{}, false
	}
	return now.policies, policy.Fleet{Classes: now.classes, Namespaces: s.namespaces.byName(), Sets: s.knownSets()}, true
}

// knownSets are the sets that bring forth servers.
func (s *Snapshot) knownSets() []policy.KnownSet {
	sets := s.Sets()
	out := make([]policy.KnownSet, 0, len(sets))
	for _, set := range sets {
		if !set.Deleting {
			out = append(out, policy.KnownSet{
				Namespace: set.Namespace, Name: set.Name, Labels: set.Labels, Template: set.Template, IDs: set.IDs,
			})
		}
	}
	return out
}

// byName is a copy for objects without a namespace; the labels themselves are shared.
func (l *labelIndex) byName() map[string]map[string]string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make(map[string]map[string]string, len(l.labels))
	for object, labels := range l.labels {
		out[object.name] = labels
	}
	return out
}
