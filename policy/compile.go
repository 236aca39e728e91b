package policy

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/schema"
)

// Compiled is a GamePolicy that can be matched. It is immutable and keeps nothing of the object it was made from but
// strings.
type Compiled struct {
	name     string
	priority int32
	created  time.Time
	mode     v1alpha1.Mode
	// deleting: a policy that is being deleted no longer speaks.
	deleting bool
	// On UPDATE the policy's recorded values stay (rollout.existing Never), or stay until nobody plays on the server (servers
	// Idle); only CREATE and the rollout advance them.
	never, whenIdle bool
	perSecond       int32

	targets             targets
	hosts               *v1alpha1.HostRules // nil: none
	overrides, defaults block
}

// Compile is the only parser of a policy: the webhook's validator, the snapshot, the status and the commands call it.
// It runs the CRD's own schema and CEL rules, so what it accepts is what the API server accepts. It returns nil and
// Errors where they refuse the object.
func Compile(p *v1alpha1.GamePolicy) (*Compiled, []finding.Finding) {
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p)
	if err != nil {
		return nil, refuse("", err)
	}
	schema.DefaultGamePolicy(object)
	if findings := schema.ValidateGamePolicy(object); finding.HasError(findings) {
		return nil, findings
	}
	defaulted := &v1alpha1.GamePolicy{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, defaulted); err != nil {
		return nil, refuse("", err)
	}
	return compile(defaulted)
}

func compile(p *v1alpha1.GamePolicy) (*Compiled, []finding.Finding) {
	selection, err := compileTargets(p.Spec.Targets)
	if err != nil {
		return nil, refuse("spec.targets", err)
	}
	c := &Compiled{
		name: p.Name, priority: p.Spec.Priority, created: p.CreationTimestamp.Time, mode: p.Spec.Mode,
		deleting:  p.DeletionTimestamp != nil,
		perSecond: DefaultPerSecond,
		targets:   selection,
		hosts:     p.Spec.Hosts,
		overrides: compileSettings(p.Spec.Overrides),
		defaults:  compileSettings(p.Spec.Defaults),
	}
	if r := p.Spec.Rollout; r != nil {
		c.never, c.whenIdle = r.Existing == v1alpha1.RolloutNever, r.Servers == v1alpha1.RolloutIdle
		if r.MaxPerSecond != nil {
			c.perSecond = *r.MaxPerSecond
		}
	}
	if canary, ok := c.overrides.values[gateway.CanaryRoute].(gateway.Canary); ok {
		c.targets.notSet = canary.Of
	}
	return c, nil
}

func refuse(field string, err error) []finding.Finding {
	return []finding.Finding{{Code: finding.PolicyInvalid, Severity: finding.Error, Field: field, Message: err.Error()}}
}

// Name is the policy's name.
func (c *Compiled) Name() string { return c.name }

// PerSecond is how many Ingresses may be changed in a second on behalf of the policy.
func (c *Compiled) PerSecond() int { return int(c.perSecond) }

// KeepsExisting tells whether Ingresses that exist never follow the policy: rollout.existing is Never.
func (c *Compiled) KeepsExisting() bool { return c.never }

// freezable tells whether there are Ingresses that exist and do not follow the policy at once.
func (c *Compiled) freezable() bool { return c.never || c.whenIdle }

// frozen tells whether the Ingress of a request keeps what the policy had set on it.
func (c *Compiled) frozen(r *Request) bool { return c.never || c.whenIdle && !r.Idle }

// Mode is what the policy does with its decision.
func (c *Compiled) Mode() v1alpha1.Mode { return c.mode }

// Check says what the gateways cannot express of the policy and what its author should know, without an Ingress:
// variables stand for server 0.
func (c *Compiled) Check(gateways []gateway.Kind) []finding.Finding {
	var out []finding.Finding
	for _, kind := range gateways {
		d := gateway.For(kind)
		for _, layer := range []Layer{LayerOverrides, LayerDefaults} {
			b := c.block(layer)
			for _, s := range gateway.Settings() {
				if v, ok := b.values[s]; ok {
					_, found := d.Render(v, gateway.Vars{Namespace: "default", Set: "game"})
					out = append(out, prefixed(found, "spec."+string(layer)+".")...)
				}
			}
			for _, a := range b.raw {
				found := d.CheckRaw(a.key, gateway.Vars{Namespace: "default", Set: "game"}.Expand(a.value))
				out = append(out, prefixed(found, "spec."+string(layer)+".")...)
			}
		}
	}
	finding.Sort(out)
	return out
}

// Gateways lists the gateways of the managed classes that the policy selects, sorted.
func (c *Compiled) Gateways(classes Classes) []gateway.Kind {
	var kinds []gateway.Kind
	for _, class := range classes.managed() {
		if c.targets.matchClass(class.Name) && !slices.Contains(kinds, class.Gateway) {
			kinds = append(kinds, class.Gateway)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Bounded tells whether a gateway's own limits could have a say in what the policy sets.
func (c *Compiled) Bounded() bool {
	for _, layer := range everyLayer {
		for _, v := range c.block(layer).values {
			if gateway.Bounds(v) {
				return true
			}
		}
	}
	return false
}

// CheckLimits says what a gateway's own limits make of the policy.
func (c *Compiled) CheckLimits(l gateway.Limits) []finding.Finding {
	var out []finding.Finding
	for _, layer := range everyLayer {
		for _, v := range c.block(layer).values {
			out = append(out, prefixed(l.Check(v), "spec."+string(layer)+".")...)
		}
	}
	finding.Sort(out)
	return out
}

func (c *Compiled) block(l Layer) *block {
	if l == LayerOverrides {
		return &c.overrides
	}
	return &c.defaults
}

func prefixed(found []finding.Finding, prefix string) []finding.Finding {
	for i := range found {
		found[i].Field = prefix + found[i].Field
	}
	return found
}
