package review

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// annotations judges those that the author gives to all servers, once for all of them.
func (v *review) annotations(dialect gateway.Dialect) {
	authored := v.template.Annotations()
	v.harms(dialect)
	v.lint(dialect, authored)
	v.wouldBe(authored)
	if dialect.IsCanary(authored) {
		v.say(finding.Finding{
			Code: finding.CanaryTrap, Severity: finding.Warning, Field: v.canaryField(dialect, authored),
			Message: "every server is a canary and none has a primary: none is served; use canary of a GamePolicy",
		}, false)
	}
}

func (v *review) canaryField(dialect gateway.Dialect, authored map[string]string) string {
	for key, value := range authored {
		if dialect.IsCanary(map[string]string{key: value}) {
			return v.template.AnnotationField(key)
		}
	}
	return v.template.AnnotationField("")
}

// harms refuses what would crash or blind the gateway.
func (v *review) harms(dialect gateway.Dialect) {
	v.request(v.ids[0])
	var before []gateway.Harm
	if v.Old != nil && v.before.Template.Makes() {
		before = dialect.Harms(v.before.Template.Ingress(v.Set.Namespace, v.Set.Name, v.ids[0]))
	}
	for _, h := range dialect.Harms(v.shell) {
		v.say(finding.Finding{
			Code: finding.GatewayHarmed, Severity: finding.Error, Field: v.fieldOf(h.Field), Message: h.Why,
		}, slices.Contains(before, h))
	}
}

// fieldOf is where in the set an Ingress's field comes from.
func (v *review) fieldOf(ingressField string) string {
	key, ok := strings.CutPrefix(ingressField, "metadata.annotations[")
	if !ok {
		return v.template.AnnotationField("") // rules: of several parameters
	}
	return v.template.AnnotationField(strings.TrimSuffix(key, "]"))
}

// lint warns of what the gateway does not take as it is written. A restriction of access that leaves the route open is
// refused where a policy in mode Enforce governs the servers and does not close it itself.
func (v *review) lint(dialect gateway.Dialect, authored map[string]string) {
	remarks := dialect.Lint(authored)
	for _, r := range remarks {
		f := finding.Finding{Code: r.Code, Severity: finding.Warning, Field: v.template.AnnotationField(r.Key), Message: r.Message}
		stood := false
		if r.Code == finding.AccessOpen && v.staysOpen(dialect, r.Key) {
			f.Severity = finding.Error
			before, given := v.before.Template.Annotations()[r.Key]
			stood = v.Old != nil && given && before == authored[r.Key]
		}
		v.say(f, stood)
	}
}

func (v *review) staysOpen(dialect gateway.Dialect, key string) bool {
	request := v.request(v.ids[0])
	if !v.Policies.Enforces(request) {
		return false
	}
	decided := v.Policies.Decide(request).Annotations
	return slices.ContainsFunc(dialect.Lint(decided), func(r gateway.Remark) bool {
		return r.Code == finding.AccessOpen && r.Key == key
	})
}

// wouldBe passes on what the policies say of the first server's Ingress, as far as its author can do something about it.
func (v *review) wouldBe(authored map[string]string) {
	decision := v.Policies.Decide(v.request(v.ids[0]))
	for _, f := range decision.Findings {
		key, ofKey := strings.CutPrefix(f.Field, "metadata.annotations[")
		_, his := authored[strings.TrimSuffix(key, "]")]
		if f.Code == finding.AnnotationsTooLarge || f.Code == finding.UpgradeBroken && ofKey && his { // else the policy's author is told
			f.Field = v.fieldOf(f.Field)
			v.say(f, false)
		}
	}
	for _, would := range decision.WouldDo {
		v.say(finding.Finding{Code: finding.PolicyWarns, Severity: finding.Warning, Message: would}, false)
	}
}

// conditions are the annotations that narrow the route of one server, as the policies leave them.
func (v *review) conditions(id int) map[string]string {
	out := map[string]string{}
	for key, value := range v.Policies.Decide(v.request(id)).Annotations {
		if host.IsCondition(key) {
			out[key] = value
		}
	}
	return out
}
