package agreement_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// verdict is what we say of a set.
type verdict struct {
	gameserver.Expansion
	errors []finding.Finding // why we refuse it
}

// judge is what kubectl apply would say with Gatehouse in an otherwise empty cluster. There, a set without Ingresses passes
// with warnings; here it counts that they are said.
func judge(set *gameserver.GameServerSet) verdict {
	v := verdict{Expansion: gameserver.Expand(set)}
	world := review.World{Policies: policy.NewSet(nil), Classes: policy.NewClasses(policy.DefaultOptions(), nil)}
	result := world.Review(review.Request{Set: set})
	v.errors = result.Refused
	if set.Spec.Network == nil || set.Spec.Network.NetworkType != gameserver.NetworkType {
		v.errors = slices.DeleteFunc(slices.Clone(v.Findings), func(f finding.Finding) bool { return f.Severity != finding.Error })
	}
	return v
}

// stricter are the findings with which we refuse what the neighbours let pass, and why we do.
var stricter = map[finding.Code]string{
	finding.ParameterUnknown: "a misspelt name does not do what its author means it to",
	finding.SetInvalid:       "a name of 53 or more works only while the hash of the revision happens to be short",
	finding.HostRepeated:     "nobody minds two Ingresses of one host and path, but the gateway serves only one of them",
}

// made tells whether all is there that a set should have.
func made(says verdict, d *draft, o *outcome) bool {
	ingresses := len(says.IDs)
	if d.bare || d.Network.NetworkType != gameserver.NetworkType {
		ingresses = 0
	}
	return o.started && len(o.pods) == len(says.IDs) && len(o.ingresses) == ingresses && ingresses == len(says.Ingresses)
}

// differs compares what we say of a set with what became of it. The answer is empty where they agree.
func (w *world) differs(d *draft, o *outcome, sum map[string]int) string {
	says := w.says[d.name]
	if o == nil {
		return "nothing became of it, and nobody says why"
	}
	problem := compare(says, d, o)
	sum["Ingresses compared"] += len(o.ingresses)
	whole := made(says, d, o)
	switch refuse := len(says.errors) > 0; {
	case problem != "":
		return problem
	case !refuse && whole:
		sum["accepted"]++
	case !refuse && o.refusals[theNetworkType] != "" && has(says.Findings, finding.NetworkTypeOther):
		sum["accepted, though this OpenKruiseGame does not know the network type"]++ // and says so at apply itself
	case !refuse:
		return fmt.Sprintf("we accept it, and it is not there: started %v, pods %v, Ingresses %v, refusals %q",
			o.started, slices.Sorted(maps.Keys(o.pods)), slices.Sorted(maps.Keys(o.ingresses)), o.refusals)
	case whole:
		for _, f := range says.errors {
			if stricter[f.Code] == "" {
				return "we refuse it, and all of it came about"
			}
			sum["refused by us alone, "+string(f.Code)]++
		}
	case len(o.refusals) == 0:
		return "we refuse it, and nobody else says anything"
	default:
		for who := range o.refusals {
			sum["refused by "+who]++
		}
		sum["refused"]++
	}
	return ""
}

func has(list []finding.Finding, code finding.Code) bool {
	return slices.ContainsFunc(list, func(f finding.Finding) bool { return f.Code == code })
}

// compare holds what is there against what we compute, also where it is only a part.
func compare(says verdict, d *draft, o *outcome) string {
	ours, pods := map[string]*networkingv1.Ingress{}, map[string]bool{}
	for _, ing := range says.Ingresses {
		ours[ing.Name] = ing
	}
	for _, id := range says.IDs {
		pods[fmt.Sprintf("%s-%d", d.name, id)] = true
	}
	for name := range o.pods {
		if !pods[name] {
			return fmt.Sprintf("a pod %s, we say %v", name, says.IDs)
		}
	}
	for name, stored := range o.ingresses {
		if ours[name] == nil {
			return "an Ingress that we do not compute: " + name
		}
		if diff := cmp.Diff(asComputed(stored), ours[name], cmpopts.EquateEmpty()); diff != "" {
			return name + " (-real +ours):\n" + diff
		}
	}
	return ""
}

// asComputed leaves out what only the cluster knows.
func asComputed(stored *networkingv1.Ingress) *networkingv1.Ingress {
	out := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Name: stored.Name, Namespace: stored.Namespace, Labels: stored.Labels, Finalizers: stored.Finalizers,
			Annotations: maps.Clone(stored.Annotations), OwnerReferences: slices.Clone(stored.OwnerReferences),
		},
		Spec: stored.Spec,
	}
	out.SetGroupVersionKind(networkingv1.SchemeGroupVersion.WithKind("Ingress"))
	delete(out.Annotations, "game.kruise.io/ingress-hash")
	for i := range out.OwnerReferences {
		out.OwnerReferences[i].UID = ""
	}
	return out
}
