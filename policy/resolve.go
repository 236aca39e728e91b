package policy

import (
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Layer is the block of a policy that a value came from.
type Layer string

// The layers: overrides replace what the author wrote, defaults fill what the author left out.
const (
	LayerOverrides Layer = "overrides"
	LayerDefaults  Layer = "defaults"
)

// Source says which policy set an annotation, and from which of its layers.
type Source struct {
	Policy string `json:"policy"`
	Layer  Layer  `json:"layer"`
}

// resolution works out, for one Ingress, which source each setting comes from. A setting comes whole from one source:
// (1) the overrides of the first policy that has it, (2) the author, (3) the defaults of the first policy that has it.
type resolution struct {
	dialect  gateway.Dialect
	vars     gateway.Vars
	author   map[string]string
	speaks   map[gateway.Setting]bool // settings of which the author wrote something the gateway takes
	policies []contribution
	keys     map[string]entry
	findings []finding.Finding
	// result is the annotations of the Ingress, the record not included.
	result map[string]string
}

// contribution is what one policy has to say: its blocks as they are now, or, while it is frozen, what the record says
// it had set on this Ingress.
type contribution struct {
	policy   *Compiled
	recorded map[string]entry // nil: the blocks speak
}

func newResolution(d gateway.Dialect, vars gateway.Vars, author map[string]string, policies []contribution) *resolution {
	r := &resolution{dialect: d, vars: vars, author: author, policies: policies, keys: map[string]entry{}, speaks: map[gateway.Setting]bool{}}
	for k, v := range author {
		if s, ok := d.SettingOf(k); ok && d.Accepts(k, v) {
			r.speaks[s] = true
		}
	}
	for _, s := range gateway.Settings() {
		r.setting(s)
	}
	r.annotations()
	r.result = r.apply()
	r.upgrade()
	return r
}

// setting finds the source of one typed setting and renders it.
func (r *resolution) setting(s gateway.Setting) {
	if r.typed(s, LayerOverrides) || r.speaks[s] {
		return
	}
	r.typed(s, LayerDefaults)
}

func (r *resolution) typed(s gateway.Setting, layer Layer) bool {
	for _, c := range r.policies {
		rendered, ok := r.render(c, s, layer)
		if !ok {
			continue
		}
		source := Source{Policy: c.policy.name, Layer: layer}
		r.take(source, rendered, func(key string) bool {
			of, typed := r.dialect.SettingOf(key)
			return typed && of == s
		})
		return true
	}
	return false
}

// render is what a policy sets for a setting in a layer. The second result is false where it says nothing.
func (r *resolution) render(c contribution, s gateway.Setting, layer Layer) (map[string]string, bool) {
	if c.recorded != nil {
		var kept map[string]string
		for k, e := range c.recorded {
			if of, typed := r.dialect.SettingOf(k); typed && of == s && e.Layer == layer && e.Value != nil {
				kept = with(kept, k, *e.Value)
			}
		}
		return kept, kept != nil
	}
	v, ok := c.policy.block(layer).values[s]
	if !ok {
		return nil, false
	}
	if s == gateway.WebSocketRoute {
		return nil, true // no annotation belongs to it; upgrade() looks at what stands on the route
	}
	rendered, found := r.dialect.Render(v, r.vars)
	r.say(c, layer, found)
	return rendered, true
}

// annotations resolves the raw annotations, each key on its own.
func (r *resolution) annotations() {
	done := map[string]bool{}
	for _, layer := range []Layer{LayerOverrides, LayerDefaults} {
		for _, c := range r.policies {
			for _, a := range r.raw(c, layer) {
				key := r.dialect.Canonical(a.key)
				if done[key] || layer == LayerDefaults && r.authorSets(key) {
					continue
				}
				done[key] = true
				if c.recorded == nil {
					a.value = r.vars.Expand(a.value)
				}
				found := r.dialect.CheckRaw(key, a.value)
				r.say(c, layer, found)
				if !injectable(found) {
					continue
				}
				r.take(Source{c.policy.name, layer}, map[string]string{key: a.value}, func(k string) bool { return r.dialect.Canonical(k) == key })
			}
		}
	}
}

func (r *resolution) raw(c contribution, layer Layer) []annotation {
	if c.recorded == nil {
		return c.policy.block(layer).raw
	}
	var kept []annotation
	for _, k := range slices.Sorted(maps.Keys(c.recorded)) {
		e := c.recorded[k]
		if _, typed := r.dialect.SettingOf(k); !typed && e.Layer == layer && e.Value != nil {
			kept = append(kept, annotation{k, *e.Value})
		}
	}
	return kept
}

func (r *resolution) authorSets(canonical string) bool {
	for k, v := range r.author {
		if r.dialect.Canonical(k) == canonical && r.dialect.Accepts(k, v) {
			return true
		}
	}
	return false
}

// injectable: an annotation that the gateway does not read, or that would harm it, is said and never injected.
func injectable(found []finding.Finding) bool {
	return !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Severity != finding.Info })
}

// take enters what a source sets. Everything of the author's in the same family goes: a setting comes whole from one
// source, and a twin under another prefix would win over what was injected.
func (r *resolution) take(source Source, rendered map[string]string, family func(key string) bool) {
	for k, v := range rendered {
		r.keys[k] = entry{Policy: source.Policy, Layer: source.Layer, Value: &v, Was: r.was(k)}
	}
	for k, v := range r.author {
		if _, replaced := rendered[k]; (!replaced && !family(k)) || k == AppliedAnnotation {
			continue
		} else if !replaced {
			r.keys[k] = entry{Policy: source.Policy, Layer: source.Layer, Was: &v}
		}
		if source.Layer == LayerDefaults {
			r.dropped(source, k, v)
		}
	}
}

func (r *resolution) was(key string) *string {
	if v, ok := r.author[key]; ok {
		return &v
	}
	return nil
}

func (r *resolution) dropped(source Source, key, value string) {
	r.findings = append(r.findings, finding.Finding{
		Code: finding.AuthorValueDropped, Severity: finding.Warning, Field: "metadata.annotations[" + key + "]",
		Message: finding.Quote(value) + " is dropped by the gateway without a word; the default of GamePolicy " + source.Policy +
			" stands instead; write a value the gateway reads, or remove the annotation",
	})
}

// upgrade looks for what would break the WebSockets that the route must carry.
func (r *resolution) upgrade() {
	for _, layer := range []Layer{LayerOverrides, LayerDefaults} {
		for _, c := range r.policies {
			ws, ok := c.policy.block(layer).values[gateway.WebSocketRoute].(gateway.WebSocket)
			if !ok {
				continue
			}
			if ws.Enabled {
				r.findings = append(r.findings, r.dialect.Upgrade(r.result)...)
			}
			return
		}
	}
}

// apply is what the author wrote with what was taken from the policies.
func (r *resolution) apply() map[string]string {
	out := make(map[string]string, len(r.author)+len(r.keys)+1)
	maps.Copy(out, r.author)
	for k, e := range r.keys {
		if e.Value != nil {
			out[k] = *e.Value
		} else {
			delete(out, k)
		}
	}
	return out
}

func (r *resolution) say(c contribution, layer Layer, found []finding.Finding) {
	for _, f := range found {
		f.Field = "spec." + string(layer) + "." + f.Field
		f.Message = "GamePolicy " + c.policy.name + ": " + f.Message
		r.findings = append(r.findings, f)
	}
}

func with(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}
