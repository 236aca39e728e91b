package doctor

import (
	"fmt"
	"strings"
)

// shown is how many of a list of fields or rights a line names.
const shown = 4

func (w *World) checkDefinitions() []Check {
	var out []Check
	for _, crd := range w.CRDs {
		out = append(out, w.checkDefinition(crd))
	}
	return out
}

func (w *World) checkDefinition(crd CRD) Check {
	name := "crd " + crd.Name
	switch {
	case crd.Hidden != "":
		return hidden(name, crd.Hidden)
	case crd.It == nil:
		return check(name, "", fail("it is not there, so nothing of Gatehouse works", w.upgrade()+" --set crds.install=true"))
	}
	d := crd.It
	var wrong []Check
	if !d.Established {
		wrong = append(wrong, fail("it is not established: "+orNothing(d.Trouble), "kubectl describe crd "+crd.Name))
	}
	if !d.Served {
		wrong = append(wrong, fail("v1alpha1 is not served", w.upgrade()))
	}
	if len(d.Difference.Lacks) > 0 {
		wrong = append(wrong, fail(fmt.Sprintf("it is older than this gatehouse and lacks %s, which the API server drops without a word", some(d.Difference.Lacks)),
			w.upgrade()+" --set crds.install=true, with the chart of the managers' version"))
	}
	if len(d.Difference.Further) > 0 {
		wrong = append(wrong, warn(fmt.Sprintf("it is newer than this gatehouse, which does not know %s", some(d.Difference.Further)),
			"use the gatehouse of the version that is installed"))
	}
	if len(d.Difference.Rules) > 0 {
		wrong = append(wrong, warn(fmt.Sprintf("it has other rules than this gatehouse was built with for %s", some(root(d.Difference.Rules))),
			"see that the chart, the managers and this gatehouse are of one version"))
	}
	return check(name, "established, with every field and rule that gatehouse "+w.Program+" knows", wrong...)
}

// root gives the schema as a whole a name.
func root(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		if out[i] = p; p == "" {
			out[i] = "the object as a whole"
		}
	}
	return out
}

func orNothing(text string) string {
	if text == "" {
		return "nothing says why"
	}
	return text
}

// hook is what a webhook is to be like.
type hook struct {
	name string
	// optional ones can be turned off by a value.
	optional bool
	// refuses is what is refused while no manager answers, if its failure policy is Fail.
	refuses string
}

func (w *World) checkHooks() []Check {
	return []Check{
		w.checkConfiguration("webhooks mutating", w.Mutating, hook{name: "mutate-ingress", refuses: "Ingresses of game servers"}),
		w.checkConfiguration("webhooks validating", w.Validating,
			hook{name: "validate-ingress"},
			hook{name: "validate-gameserverset", optional: true, refuses: "GameServerSets, also OpenKruiseGame's writes of them and every scaling"},
			hook{name: "validate-gamepolicy", optional: true, refuses: "GamePolicies"}),
	}
}

func (w *World) checkConfiguration(name string, hooks Seen[Hooks], wanted ...hook) Check {
	switch {
	case hooks.Hidden != "":
		return hidden(name, hooks.Hidden)
	case hooks.It == nil:
		return check(name, "", fail("there is no such configuration called "+w.Name+", so Ingresses pass without Gatehouse", w.upgrade()))
	}
	byName := map[string]Hook{}
	for _, h := range hooks.It.Webhooks {
		byName[h.Name] = h
	}
	var wrong []Check
	var policies []string
	for _, want := range wanted {
		h, there := byName[want.name+".gatehouse.dev"]
		if !there {
			if !want.optional {
				wrong = append(wrong, fail(want.name+" is missing", w.upgrade()))
			}
			continue
		}
		policies = append(policies, want.name+" "+h.FailurePolicy)
		wrong = append(wrong, w.checkHook(want, h)...)
	}
	wrong = append(wrong, w.checkBundles(hooks.It.Webhooks)...)
	return check(name, strings.Join(policies, ", ")+"; "+w.trusted(), wrong...)
}

func (w *World) checkHook(want hook, h Hook) []Check {
	var wrong []Check
	switch {
	case want.refuses != "" && h.FailurePolicy != "Ignore":
		wrong = append(wrong, fail(fmt.Sprintf("%s has failurePolicy %s: while no manager answers, %s are refused", want.name, h.FailurePolicy, want.refuses), w.upgrade()))
	case want.refuses == "" && h.FailurePolicy != "Fail":
		wrong = append(wrong, w.checkLenient(want, h))
	}
	if service, _, _ := strings.Cut(h.Service, ":"); service != w.Namespace+"/"+w.Name {
		wrong = append(wrong, fail(fmt.Sprintf("%s calls %s and not the Service %s/%s", want.name, orURL(h.Service), w.Namespace, w.Name), w.upgrade()))
	}
	return wrong
}

// checkLenient says why the one webhook that may be strict is not, as far as can be told.
func (w *World) checkLenient(want hook, h Hook) Check {
	found := fmt.Sprintf("%s has failurePolicy %s: while no manager answers, two game servers can get one host", want.name, h.FailurePolicy)
	job, a := activationJob(w.Name), w.Activation.It
	switch {
	case a == nil || a.Chosen == h.FailurePolicy:
		return warn(found, "leave it if webhook.validate.failurePolicy is meant to be so; else "+w.upgrade())
	case a.Failed:
		return fail(fmt.Sprintf("%s; Job %s was to set %s and has given up, because the webhooks did not answer", found, job, a.Chosen),
			fmt.Sprintf("kubectl -n %s logs job/%s says why; then %s", w.Namespace, job, w.upgrade()))
	}
	return warn(fmt.Sprintf("%s; Job %s sets %s as soon as the webhooks answer", found, job, a.Chosen),
		fmt.Sprintf("wait for it: kubectl -n %s logs -f job/%s", w.Namespace, job))
}

func orURL(service string) string {
	if service == "" {
		return "a URL"
	}
	return "the Service " + service
}
