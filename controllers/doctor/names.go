package doctor

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// fullname is how the chart calls everything of a release, unless its values say otherwise.
func fullname(release string) string {
	if strings.Contains(release, "gatehouse") {
		return release
	}
	return release + "-gatehouse"
}

// secretName is the Secret with the serving certificate where no Deployment names it.
func (w *World) secretName() string {
	if w.options().Certificates == selfManaged {
		return w.Name + "-own-tls"
	}
	return w.Name + "-serving"
}

// activationJob is the Job of the chart that makes the validating webhook strict.
func activationJob(name string) string { return name + "-activate" }

// selfManaged is the way of the managers that make their certificate themselves.
const selfManaged = "self-managed"

// serverName is the one name under which an API server calls the Service.
func (w *World) serverName() string { return w.Name + "." + w.Namespace + ".svc" }

// options are those of the managers, or the chart's where the Deployment cannot be seen.
func (w *World) options() Options {
	if w.Managers.It == nil {
		return defaultOptions()
	}
	return w.Managers.It.Options
}

// injected tells whether cert-manager writes the bundles.
func (w *World) injected() bool {
	for _, hooks := range []*Hooks{w.Mutating.It, w.Validating.It} {
		if hooks != nil && hooks.Injector != "" {
			return true
		}
	}
	return false
}

// upgrade is the command that puts back what belongs to the release.
func (w *World) upgrade() string {
	return fmt.Sprintf("helm upgrade %s charts/gatehouse -n %s --reset-then-reuse-values", w.Release, w.Namespace)
}

func objectName(what, text string) (types.NamespacedName, error) {
	namespace, name, ok := strings.Cut(text, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("%s: %q is not of the form NAMESPACE/NAME", what, text)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}
