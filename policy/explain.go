package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// LayerAuthor stands, in an explanation, for what the Ingress's author wrote. It lies between the layers of the policies.
const LayerAuthor Layer = "author"

// Explained is one annotation of a gateway, and who had a say in it.
type Explained struct {
	Key string `json:"key"`
	// Value is what is decided; nil where the annotation is not to be there, because the setting it belongs to comes whole
	// from somebody who does not use it.
	Value *string `json:"value"`
	// Source is who has their way.
	Source Source `json:"source"`
	// Beaten are the others that set the annotation, by precedence.
	Beaten []Candidate `json:"beaten"`
	// Proposed are what policies in mode Warn or Audit would set, by precedence among themselves. It changes nothing.
	Proposed []Candidate `json:"proposed"`
}

// Candidate is what somebody would have an annotation be.
type Candidate struct {
	Source
	Value string `json:"value"`
}

// Explain says of every annotation that a gateway may read how Decide comes to it, by key. It says nothing of an Ingress
// that Decide leaves as it is.
func (s *Set) Explain(r Request) []Explained {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame || r.Class.Managed && r.Class.Gateway == "" {
		return nil
	}
	q, state := s.ask(&r, server)
	layers := everyLayer
	if state == recordNewer {
		layers = overridesOnly
	}
	enforced := newResolution(q, layers, s.contributions(q, enforcing))
	if _, size := conclude(q, enforced); size > maxAnnotationBytes {
		enforced = newResolution(q, overridesOnly, s.contributions(q, enforcing))
	}
	tried := *enforced
	tried.layers, tried.policies = everyLayer, slices.DeleteFunc(
		s.contributions(q, func(m v1alpha1.Mode) bool { return !enforcing(m) }),
		func(c contribution) bool { return c.recorded != nil })
	return explain(enforced, &tried)
}

// ask is the question that a request puts about the Ingress of a server.
func (s *Set) ask(r *Request, server gameserver.Identity) (*question, recordState) {
	standing, state := readRecord(r.Ingress.Annotations)
	if state == recordNone || state == recordUnreadable {
		if old, same := storedRecord(r, server); same && old.stands(r.Ingress.Annotations) {
			standing, state = old, recordRead // somebody took away or spoilt the record alone
		}
	}
	q := &question{
		Request: r, server: server, dialect: gateway.For(r.Class.Gateway),
		vars:   gateway.Vars{Namespace: server.Namespace, Set: server.Set, ID: server.ID},
		author: standing.author(r.Ingress.Annotations),
	}
	if r.Class.Managed {
		q.matched = s.match(r, server)
	}
	return q, state
}

// voice is what somebody says about one subject, a setting or a raw annotation, which is taken from one of them alone.
type voice struct {
	Source
	says map[string]string
}

func explain(enforced, tried *resolution) []Explained {
	out := []Explained{}
	for _, s := range gateway.Settings() {
		author := map[string]string{}
		for _, k := range enforced.families[s] {
			author[k] = enforced.author[k]
		}
		heard := withAuthor(enforced.typedVoices(s), author, enforced.speaks[s])
		out = append(out, weigh(heard, tried.typedVoices(s))...)
	}
	heard, proposed, written := enforced.rawVoices(), tried.rawVoices(), enforced.rawAuthor()
	subjects := map[string]bool{}
	for _, keys := range [...][]string{sortedKeys(heard), sortedKeys(proposed), sortedKeys(written)} {
		for _, k := range keys {
			subjects[k] = true
		}
	}
	for k := range subjects {
		author := written[k]
		out = append(out, weigh(withAuthor(heard[k], author, enforced.authorSets(sortedKeys(author))), proposed[k])...)
	}
	slices.SortFunc(out, func(a, b Explained) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// typedVoices are the policies that set a typed setting, by precedence.
func (r *resolution) typedVoices(s gateway.Setting) []voice {
	var out []voice
	for _, layer := range r.layers {
		for _, c := range r.policies {
			if rendered := r.render(c, s, layer); len(rendered) > 0 {
				out = append(out, voice{Source{c.policy.name, layer}, rendered})
			}
		}
	}
	return out
}

// rawVoices are the policies that set a raw annotation, by precedence, by the key of the gateway's own prefix.
func (r *resolution) rawVoices() map[string][]voice {
	out := map[string][]voice{}
	for _, layer := range r.layers {
		for _, c := range r.policies {
			for _, a := range r.raw(c, layer) {
				key, value := r.dialect.Canonical(a.key), a.value
				if c.recorded == nil {
					value = r.vars.Expand(value)
				}
				if injectable(r.dialect.CheckRaw(key, value)) {
					out[key] = append(out[key], voice{Source{c.policy.name, layer}, map[string]string{key: value}})
				}
			}
		}
	}
	return out
}

// rawAuthor is what the author wrote for gateways outside of typed settings, by the key of the gateway's own prefix.
func (r *resolution) rawAuthor() map[string]map[string]string {
	typed := map[string]bool{}
	for _, keys := range r.families {
		for _, k := range keys {
			typed[k] = true
		}
	}
	out := map[string]map[string]string{}
	for k, v := range r.author {
		if typed[k] || !gateway.Touches(k) {
			continue
		}
		key := r.dialect.Canonical(k)
		if out[key] == nil {
			out[key] = map[string]string{}
		}
		out[key][k] = v
	}
	return out
}

// withAuthor puts the author before the defaults, or behind everybody where the gateway would drop what he wrote.
func withAuthor(policies []voice, author map[string]string, speaks bool) []voice {
	if len(author) == 0 {
		return policies
	}
	at := len(policies)
	if defaults := slices.IndexFunc(policies, func(v voice) bool { return v.Layer == LayerDefaults }); speaks && defaults >= 0 {
		at = defaults
	}
	return slices.Insert(policies, at, voice{Source{Layer: LayerAuthor}, author})
}

// weigh says what becomes of each annotation of a subject: the first voice has its way with all of them.
func weigh(heard, proposed []voice) []Explained {
	winner := Source{Layer: LayerAuthor}
	if len(heard) > 0 {
		winner = heard[0].Source
	}
	byKey := map[string]*Explained{}
	of := func(key string) *Explained {
		if byKey[key] == nil {
			byKey[key] = &Explained{Key: key, Source: winner, Beaten: []Candidate{}, Proposed: []Candidate{}}
		}
		return byKey[key]
	}
	for i, v := range heard {
		for key, value := range v.says {
			if e := of(key); i == 0 {
				e.Value = &value
			} else {
				e.Beaten = append(e.Beaten, Candidate{v.Source, value})
			}
		}
	}
	for _, v := range proposed {
		for key, value := range v.says {
			e := of(key)
			e.Proposed = append(e.Proposed, Candidate{v.Source, value})
		}
	}
	out := make([]Explained, 0, len(byKey))
	for _, e := range byKey {
		out = append(out, *e)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Recorded says who set the annotations that an Ingress carries, by its record.
func Recorded(annotations map[string]string) map[string]Source {
	out := map[string]Source{}
	standing, _ := readRecord(annotations)
	for k, e := range standing.Keys {
		if e.Value != nil && e.stands(annotations, k) {
			out[k] = Source{e.Policy, e.Layer}
		}
	}
	return out
}

// Governing are the policies that select the Ingress of a request, whatever their mode, by precedence.
func (s *Set) Governing(r Request) []*Compiled {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame || !r.Class.Managed {
		return nil
	}
	var out []*Compiled
	for _, i := range s.match(&r, server) {
		out = append(out, s.policies[i])
	}
	return out
}
