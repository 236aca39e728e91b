package gateway

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// unsupported is the dialect of a gateway that Gatehouse cannot speak to: it renders nothing, since an
// annotation the gateway does not read would only look as if the setting held.
type unsupported struct{ kind Kind }

func (u unsupported) Kind() Kind { return u.kind }

func (u unsupported) Render(v Value, _ Vars) (map[string]string, []finding.Finding) {
	return refuse(string(v.Setting()), u.message("the setting"))
}

func (u unsupported) SettingOf(string) (Setting, bool) { return "", false }

func (u unsupported) Spoils(string) (Setting, bool) { return "", false }

// Reads is true: nothing is known about what this gateway reads, so nothing is called dead.
func (u unsupported) Reads(string) bool { return true }

// Accepts is true for the same reason.
func (u unsupported) Accepts(string, string) bool { return true }

func (u unsupported) Twin(string) (string, bool) { return "", false }

func (u unsupported) Canonical(key string) string { return key }

// CheckRaw refuses any annotation: without a catalog nothing tells a live one from a dead one.
func (u unsupported) CheckRaw(key, _ string) []finding.Finding {
	return []finding.Finding{cannot(rawField(key), u.message("the annotation"))}
}

func (u unsupported) Upgrade(map[string]string) []finding.Finding { return nil }

func (u unsupported) message(what string) string {
	name := "of an unknown kind"
	if u.kind != "" {
		name = string(u.kind)
	}
	return "gateway " + name + " is not supported; " + what + " has no effect on its Ingresses; leave its classes out with targets.ingressClassNames"
}

// IsCanary implements Dialect.
func (unsupported) IsCanary(map[string]string) bool { return false }

// Harms implements Dialect: of a gateway without a dialect nothing is known.
func (unsupported) Harms(*networkingv1.Ingress) []Harm { return nil }

// Lint implements Dialect: nothing is known about what this gateway reads.
func (unsupported) Lint(map[string]string) []Remark { return nil }
