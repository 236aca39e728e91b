package doctor

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

func (w *World) checkRights() []Check {
	out := []Check{named("your rights", w.Yours, "all that this command needs", func(lacking string) Check {
		return Check{Result: Unknown, Found: "you may not: " + lacking, Remedy: "ask for the role in docs/commands.md, or leave unknown what needs it"}
	})}
	if w.Managers.It == nil && w.Theirs.Hidden == "" {
		return out // said already
	}
	return append(out, named("managers' rights", w.Theirs, "all that they need", func(lacking string) Check {
		return fail("the managers may not: "+lacking, w.upgrade())
	}))
}

// named judges rights that somebody lacks.
func named(name string, lacking Seen[[]Right], fine string, wrong func(string) Check) Check {
	switch {
	case lacking.Hidden != "":
		return hidden(name, lacking.Hidden)
	case lacking.It == nil || len(*lacking.It) == 0:
		return check(name, fine)
	}
	var list []string
	for _, r := range *lacking.It {
		list = append(list, r.String())
	}
	return check(name, "", wrong(some(list)))
}

// checkClasses says of every class which gateway serves it, as the managers decide it.
func (w *World) checkClasses() []Check {
	if w.Classes.Hidden != "" {
		return []Check{hidden("ingress classes", w.Classes.Hidden)}
	}
	var standing []networkingv1.IngressClass
	names := slices.Clone(w.options().IngressClasses)
	if w.Classes.It != nil {
		for _, c := range *w.Classes.It {
			standing = append(standing, networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: c.Name}, Spec: networkingv1.IngressClassSpec{Controller: c.Controller}})
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	rules, err := policy.ParseOptions(w.options().IngressClasses, w.options().ClassGateways)
	if err != nil {
		return []Check{check("ingress classes", "", fail(err.Error(), w.upgrade()))}
	}
	classes := policy.NewClasses(rules, standing)
	var out []Check
	for _, name := range slices.Compact(names) {
		out = append(out, w.checkClass(classes.Of(&networkingv1.Ingress{Spec: networkingv1.IngressSpec{IngressClassName: &name}}), standing))
	}
	return out
}

func (w *World) checkClass(c policy.Class, standing []networkingv1.IngressClass) Check {
	name := "ingress class " + c.Name
	i := slices.IndexFunc(standing, func(s networkingv1.IngressClass) bool { return s.Name == c.Name })
	by := "classGateways says so, there is no IngressClass of the name"
	if i >= 0 {
		by = "its controller is " + standing[i].Spec.Controller
	}
	switch {
	case c.Name == policy.QuarantineClass:
		return check(name, "", warn("there is an IngressClass of this name, which is that of Ingresses that wait for their hosts", "delete it, or its gateway serves what is to wait"))
	case !c.Managed:
		return check(name, "not managed: Gatehouse leaves its Ingresses alone ("+by+")")
	case c.Gateway == "" && i >= 0:
		return check(name, "", warn("managed, but nobody knows the gateway of the controller "+standing[i].Spec.Controller+": hosts are guarded and nothing is injected", w.classRemedy(c.Name)))
	case c.Gateway == "":
		return check(name, "", warn("managed, but there is no IngressClass of the name and classGateways does not say what serves it: hosts are guarded and nothing is injected", w.classRemedy(c.Name)))
	}
	return check(name, fmt.Sprintf("managed, served by %s (%s)", c.Gateway, by))
}

func (w *World) classRemedy(class string) string {
	return fmt.Sprintf("say which gateway it is: %s --set classGateways.%s=%s", w.upgrade(), class, gateway.Higress)
}

func (w *World) checkGame() []Check {
	const name = "openkruisegame"
	var wrong []Check
	for _, crd := range w.Game.CRDs {
		switch {
		case crd.Hidden != "":
			return []Check{hidden(name, crd.Hidden)}
		case crd.It == nil:
			return []Check{check(name, "", warn("there is no CRD "+crd.Name+", so there are no game servers to look after", "install OpenKruiseGame (https://openkruise.io/kruisegame/installation); Gatehouse notices it by itself"))}
		case !crd.It.Established || !crd.It.Served:
			wrong = append(wrong, fail(fmt.Sprintf("CRD %s is not served in v1alpha1: %s", crd.Name, orNothing(crd.It.Trouble)), "kubectl describe crd "+crd.Name))
		}
	}
	m := w.Game.Manager.It
	switch {
	case w.Game.Manager.Hidden != "" && len(wrong) == 0:
		return []Check{hidden(name, "its CRDs are there; "+w.Game.Manager.Hidden)}
	case m == nil && w.Game.Manager.Hidden == "":
		wrong = append(wrong, warn("its CRDs are there, but no Deployment "+w.Game.Deployment, "name its manager with --okg NAMESPACE/NAME, if it is called otherwise"))
	case m != nil && m.Ready == 0:
		wrong = append(wrong, warn(fmt.Sprintf("none of %d managers is ready, so no game server gets an Ingress", m.Replicas), w.gameRemedy()))
	}
	if lacking := w.Game.Lacks.It; lacking != nil && len(*lacking) > 0 {
		var list []string
		for _, r := range *lacking {
			list = append(list, r.String())
		}
		wrong = append(wrong, fail("its service account may not: "+some(list), "bind the ClusterRole of its chart to it"))
	}
	if m == nil {
		return []Check{check(name, "", wrong...)}
	}
	namespace, _, _ := strings.Cut(w.Game.Deployment, "/")
	return []Check{check(name, fmt.Sprintf("%s, %d of %d managers are ready, as %s/%s", m.Image, m.Ready, m.Replicas, namespace, m.Account), wrong...)}
}

func (w *World) gameRemedy() string {
	namespace, name, _ := strings.Cut(w.Game.Deployment, "/")
	return fmt.Sprintf("kubectl -n %s describe deployment %s", namespace, name)
}

// checkHigress says what Higress does to every route, whatever the policies say.
func (w *World) checkHigress() []Check {
	from := w.options().HigressConfig
	name := "higress limits"
	if from == "" {
		return []Check{check(name, "not looked at: higressConfig is empty")}
	}
	if w.Higress.Hidden != "" {
		return []Check{hidden(name, w.Higress.Hidden)}
	}
	where, limits := "ConfigMap "+from, gateway.DefaultHigressLimits()
	if w.Higress.It == nil {
		where = "what it starts with, as there is no ConfigMap " + from
	} else if text := *w.Higress.It; text != "" {
		var err error
		if limits, err = gateway.ParseHigressLimits(text); err != nil {
			return []Check{check(name, "", warn(fmt.Sprintf("Higress ignores ConfigMap %s: %v", from, err), "correct it: kubectl -n "+strings.Replace(from, "/", " edit configmap ", 1)))}
		}
	}
	var wrong []Check
	idle := "idle connections, WebSockets too, are not cut"
	if limits.IdleTimeout > 0 {
		idle = fmt.Sprintf("idle connections, WebSockets too, are cut after %s", limits.IdleTimeout)
	}
	if limits.RouteTimeout > 0 {
		wrong = append(wrong, warn(fmt.Sprintf("downstream.routeTimeout is %s and replaces the requestTimeout of every policy", limits.RouteTimeout), "remove it from ConfigMap "+from))
	}
	return []Check{check(name, fmt.Sprintf("%s (%s)", idle, where), wrong...)}
}
