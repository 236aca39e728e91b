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
	layers   []Layer
	speaks   map[gateway.Setting]bool     // settings of which the author wrote something the gateway takes
	families map[gateway.Setting][]string // the author's keys, by the setting they belong to
	policies []contribution
	keys     map[string]entry
	sources  map[gateway.Setting]Source // of the settings that a policy won
	findings []finding.Finding
	// result is the annotations of the Ingress, the record not included.
	result map[string]string
}

var (
	everyLayer    = []Layer{LayerOverrides, LayerDefaults}
	overridesOnly = []Layer{LayerOverrides}
)

func newResolution(q *question, layers []Layer, policies []contribution) *resolution {
	d := q.dialect
	r := &resolution{
		dialect: d, vars: q.vars, author: q.author, layers: layers, policies: policies,
		keys: map[string]entry{}, sources: map[gateway.Setting]Source{}, speaks: map[gateway.Setting]bool{}, families: map[gateway.Setting][]string{},
	}
	for k, v := range r.author {
		if s, ok := d.SettingOf(k); ok {
			r.families[s] = append(r.families[s], k)
			r.speaks[s] = r.speaks[s] || d.Accepts(k, v)
		} else if s, ok := d.Spoils(k); ok {
			r.families[s] = append(r.families[s], k)
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
	for _, layer := range r.layers {
		if layer == LayerDefaults && r.speaks[s] || r.typed(s, layer) {
			return
		}
	}
}

func (r *resolution) typed(s gateway.Setting, layer Layer) bool {
	for _, c := range r.policies {
		rendered := r.render(c, s, layer)
		if len(rendered) == 0 {
			continue
		}
		source := Source{Policy: c.policy.name, Layer: layer}
		r.sources[s] = source
		r.take(source, rendered, r.families[s])
		return true
	}
	return false
}

// render is what a policy sets for a setting in a layer. It is empty where the policy says nothing, or nothing that the
// gateway can be told: then others may speak, and what the author wrote is not taken away for nothing. WebSockets have no
// annotation: upgrade looks at what stands on the route.
func (r *resolution) render(c contribution, s gateway.Setting, layer Layer) map[string]string {
	if c.recorded != nil {
		kept := map[string]string{}
		for k, e := range c.recorded {
			if of, typed := r.dialect.SettingOf(k); typed && of == s && e.Layer == layer {
				kept[k] = *e.Value
			}
		}
		return kept
	}
	v, ok := c.policy.block(layer).values[s]
	if !ok || s == gateway.WebSocketRoute {
		return nil
	}
	rendered, found := r.dialect.Render(v, r.vars)
	r.say(c, layer, found)
	return rendered
}

// annotations resolves the raw annotations, each key on its own.
func (r *resolution) annotations() {
	var written map[string][]string // the author's keys, by what they control; made where there is anything to resolve
	done := map[string]bool{}
	for _, layer := range r.layers {
		for _, c := range r.policies {
			for _, a := range r.raw(c, layer) {
				if written == nil {
					written = r.byCanonical()
				}
				key := r.dialect.Canonical(a.key)
				if done[key] || layer == LayerDefaults && r.authorSets(written[key]) {
					continue
				}
				if c.recorded == nil {
					a.value = r.vars.Expand(a.value)
				}
				found := r.dialect.CheckRaw(key, a.value)
				r.say(c, layer, found)
				if !injectable(found) {
					continue // as if it had not been said: another policy may know better
				}
				done[key] = true
				r.take(Source{c.policy.name, layer}, map[string]string{key: a.value}, written[key])
			}
		}
	}
}

func (r *resolution) byCanonical() map[string][]string {
	out := make(map[string][]string, len(r.author))
	for k := range r.author {
		canonical := r.dialect.Canonical(k)
		out[canonical] = append(out[canonical], k)
	}
	return out
}

func (r *resolution) raw(c contribution, layer Layer) []annotation {
	if c.recorded == nil {
		return c.policy.block(layer).raw
	}
	var kept []annotation
	for _, k := range slices.Sorted(maps.Keys(c.recorded)) {
		e := c.recorded[k]
		if _, typed := r.dialect.SettingOf(k); !typed && e.Layer == layer {
			kept = append(kept, annotation{k, *e.Value})
		}
	}
	return kept
}

// authorSets tells whether the gateway would take the author's value under one of the keys.
func (r *resolution) authorSets(keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return r.dialect.Accepts(k, r.author[k]) })
}

// injectable: an annotation that the gateway does not read, or that would harm it, is said and never injected.
func injectable(found []finding.Finding) bool {
	return !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Severity != finding.Info })
}

// take enters what a source sets. The author's keys of the same family go: a setting comes whole from one source, and a
// twin under another prefix would win over what was injected.
func (r *resolution) take(source Source, rendered map[string]string, family []string) {
	for k, v := range rendered {
		r.keys[k] = entry{Policy: source.Policy, Layer: source.Layer, Value: &v, Was: r.was(k)}
	}
	for _, k := range family {
		if _, replaced := rendered[k]; !replaced {
			r.keys[k] = entry{Policy: source.Policy, Layer: source.Layer, Was: r.was(k)}
		}
		if source.Layer == LayerDefaults {
			r.dropped(source, k, r.author[k])
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
	for _, layer := range r.layers {
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

// owner is the policy to which a changed or removed key goes back.
func (r *resolution) owner(key string) string {
	if e, ok := r.keys[key]; ok {
		return e.Policy
	}
	if s, typed := r.dialect.SettingOf(key); typed {
		return r.sources[s].Policy
	}
	return r.keys[r.dialect.Canonical(key)].Policy
}

func (r *resolution) say(c contribution, layer Layer, found []finding.Finding) {
	for _, f := range found {
		f.Field = "spec." + string(layer) + "." + f.Field
		f.Message = "GamePolicy " + c.policy.name + ": " + f.Message
		r.findings = append(r.findings, f)
	}
}
