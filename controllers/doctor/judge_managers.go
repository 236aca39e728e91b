package doctor

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// absent tells that there is nothing of the release. CRDs stay when it goes.
func (w *World) absent() bool {
	return gone(w.Managers) && gone(w.Mutating) && gone(w.Validating)
}

func gone[T any](s Seen[T]) bool { return s.It == nil && s.Hidden == "" }

func (w *World) tellAbsence() []Check {
	return []Check{check("installation", "", fail(fmt.Sprintf("there is nothing of release %s in namespace %s", w.Release, w.Namespace),
		"name another with -n and --release (helm list -A shows all), or install the chart as docs/install.md says"))}
}

func (w *World) checkManagers() []Check {
	out := []Check{w.checkDeployment()}
	if w.Managers.It == nil {
		return out
	}
	out = append(out, w.checkVersions())
	if w.Managers.It.Options.LeaderElect {
		out = append(out, w.checkLeader())
	}
	return out
}

func (w *World) checkDeployment() Check {
	const name = "managers"
	m := w.Managers.It
	switch {
	case w.Managers.Hidden != "":
		return hidden(name, w.Managers.Hidden)
	case m == nil:
		return check(name, "", fail(fmt.Sprintf("there is no Deployment of managers of release %s in namespace %s: %s", w.Release, w.Namespace, w.without()), w.upgrade()))
	}
	look := fmt.Sprintf("kubectl -n %s get pods -l %s=%s, and describe the one that is not ready", w.Namespace, instanceLabel, w.Release)
	var wrong []Check
	switch {
	case m.Replicas == 0:
		wrong = append(wrong, fail("there are to be no managers: "+w.without(), w.upgrade()))
	case m.Ready == 0:
		wrong = append(wrong, fail(fmt.Sprintf("none of %d is ready: %s", m.Replicas, w.without()), look))
	case m.Ready < m.Replicas:
		wrong = append(wrong, warn(fmt.Sprintf("%d of %d are ready", m.Ready, m.Replicas), look))
	case m.Replicas == 1:
		wrong = append(wrong, warn("there is only 1: "+w.without()+" whenever it restarts", "set replicas to 2"))
	}
	if m.Trouble != "" {
		wrong = append(wrong, warn("the Deployment says: "+m.Trouble, look))
	}
	if w.Pods.It != nil {
		for _, p := range *w.Pods.It {
			if p.Trouble != "" && !p.Ready {
				wrong = append(wrong, warn(fmt.Sprintf("Pod %s: %s", p.Name, p.Trouble), look))
			}
		}
	}
	return check(name, fmt.Sprintf("%d of %d are ready", m.Ready, m.Replicas), wrong...)
}

// without is what it means that no manager answers.
func (w *World) without() string {
	const no = "Ingresses get no annotations"
	if w.Validating.It != nil {
		for _, h := range w.Validating.It.Webhooks {
			if strings.HasPrefix(h.Name, "validate-ingress.") && h.FailurePolicy == "Fail" {
				return "new Ingresses of managed classes are refused"
			}
		}
	}
	return no + ", and hosts are not guarded"
}

// release is a version that was released; others say little of each other.
var release = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+`)

func (w *World) checkVersions() Check {
	const name = "versions"
	if w.Pods.Hidden != "" {
		return hidden(name, w.Pods.Hidden)
	}
	images := map[string]int{w.Managers.It.Image: 0}
	if w.Pods.It != nil {
		for _, p := range *w.Pods.It {
			images[p.Image]++
		}
	}
	standing := slices.Sorted(maps.Keys(images))
	if len(standing) > 1 {
		return check(name, "", warn("managers of different versions: "+strings.Join(standing, ", "),
			fmt.Sprintf("wait for the rollout: kubectl -n %s rollout status deployment/%s", w.Namespace, w.Name)))
	}
	installed := tag(standing[0])
	if release.MatchString(installed) && release.MatchString(w.Program) && strings.TrimPrefix(installed, "v") != strings.TrimPrefix(w.Program, "v") {
		return check(name, "", warn(fmt.Sprintf("the managers are %s, and this gatehouse is %s", installed, w.Program), "use the gatehouse of the version that is installed"))
	}
	return check(name, "all managers are "+standing[0])
}

// tag is that of an image; empty where it is named by its digest alone.
func tag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[i+1:]
	}
	return ""
}

func (w *World) checkLeader() Check {
	const name = "leader"
	l := w.Lease.It
	logs := fmt.Sprintf("kubectl -n %s logs deployment/%s --all-pods --since=5m", w.Namespace, w.Name)
	switch {
	case w.Lease.Hidden != "":
		return hidden(name, w.Lease.Hidden)
	case l == nil || l.Holder == "":
		return check(name, "", fail("no manager leads: hosts are not set free and edits of policies do not reach Ingresses that exist", logs))
	}
	holder, _, _ := strings.Cut(l.Holder, "_")
	if age := w.Now.Sub(l.Renewed); age > 2*time.Duration(l.Seconds)*time.Second {
		return check(name, "", fail(fmt.Sprintf("%s led until %s and no other manager has taken over", holder, l.Renewed.UTC().Format(time.RFC3339)), logs))
	}
	return check(name, holder)
}
