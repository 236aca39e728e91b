package doctor

import (
	"slices"
	"strings"
)

// theirs are the rights that the managers need. A test holds them against the roles of the chart.
func theirs(namespace, name string, o Options) []Right {
	const ours, kruise, admission = "gatehouse.dev", "game.kruise.io", "admissionregistration.k8s.io"
	rights := all(ours, []string{"gamepolicies"}, []string{"list", "watch"})
	add := func(more ...Right) { rights = append(rights, more...) }
	add(all(ours, []string{"gamepolicies/status"}, []string{"patch"})...)
	add(all(ours, []string{"hostclaims"}, []string{"get", "list", "watch", "create", "update", "delete"})...)
	add(all(ours, []string{"hostclaims/status"}, []string{"update"})...)
	add(all("networking.k8s.io", []string{"ingresses"}, []string{"list", "watch", "patch"})...)
	add(all("networking.k8s.io", []string{"ingressclasses"}, []string{"list", "watch"})...)
	add(all(kruise, []string{"gameserversets"}, []string{"get", "list", "watch"})...)
	add(all(kruise, []string{"gameservers"}, []string{"get"})...)
	add(all("autoscaling", []string{"horizontalpodautoscalers"}, []string{"list", "watch"})...)
	add(all("", []string{"pods"}, []string{"list", "watch", "patch"})...)
	add(all("", []string{"namespaces"}, []string{"list", "watch"})...)
	add(all("events.k8s.io", []string{"events"}, []string{"get", "create", "patch", "update"})...)
	hooks := []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}
	add(in("", name, all(admission, hooks, []string{"list", "watch"}))...)
	if o.Certificates == selfManaged {
		add(in("", name, all(admission, hooks, []string{"get", "patch"}))...)
		add(in(namespace, "", all("", []string{"secrets"}, []string{"create"}))...)
		add(in(namespace, name+"-own-ca", all("", []string{"secrets"}, []string{"get", "list", "watch", "update"}))...)
		add(in(namespace, name+"-own-tls", all("", []string{"secrets"}, []string{"get", "list", "watch", "update"}))...)
	}
	if where, config, ok := strings.Cut(o.HigressConfig, "/"); ok {
		add(in(where, config, all("", []string{"configmaps"}, []string{"get"}))...)
	}
	if o.LeaderElect {
		add(in(namespace, "", all("coordination.k8s.io", []string{"leases"}, []string{"create"}))...)
		add(in(namespace, leaseName, all("coordination.k8s.io", []string{"leases"}, []string{"get", "update"}))...)
		add(in(namespace, "", all("", []string{"events"}, []string{"create"}))...)
	}
	return rights
}

// yours are the rights that a full look needs. docs/commands.md has them as roles.
func yours(w *World) []Right {
	const apps, admission = "apps", "admissionregistration.k8s.io"
	var rights []Right
	add := func(more ...Right) { rights = append(rights, more...) }
	for _, crd := range slices.Concat(w.CRDs, w.Game.CRDs) {
		add(in("", crd.Name, all("apiextensions.k8s.io", []string{"customresourcedefinitions"}, []string{"get"}))...)
	}
	add(in("", w.Name, all(admission, []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}, []string{"get"}))...)
	add(all("networking.k8s.io", []string{"ingressclasses"}, []string{"list"})...)
	add(all("authorization.k8s.io", []string{"subjectaccessreviews"}, []string{"create"})...)
	add(in(w.Namespace, "", all(apps, []string{"deployments"}, []string{"list"}))...)
	add(in(w.Namespace, "", all("", []string{"pods"}, []string{"list"}))...)
	add(in(w.Namespace, w.Name, all("", []string{"services"}, []string{"get"}))...)
	add(in(w.Namespace, w.Certs.SecretName, all("", []string{"secrets"}, []string{"get"}))...)
	add(in(w.Namespace, leaseName, all("coordination.k8s.io", []string{"leases"}, []string{"get"}))...)
	add(in(w.Namespace, activationJob(w.Name), all("batch", []string{"jobs"}, []string{"get"}))...)
	if where, name, ok := strings.Cut(w.options().HigressConfig, "/"); ok {
		add(in(where, name, all("", []string{"configmaps"}, []string{"get"}))...)
	}
	if where, name, ok := strings.Cut(w.Game.Deployment, "/"); ok {
		add(in(where, name, all(apps, []string{"deployments"}, []string{"get"}))...)
	}
	if w.injected() {
		add(in(w.Namespace, "", all("cert-manager.io", []string{"certificates"}, []string{"list"}))...)
	}
	return rights
}

// games are the rights without which OpenKruiseGame makes no Ingresses.
func games() []Right {
	return all("networking.k8s.io", []string{"ingresses"}, []string{"get", "list", "watch", "create", "update"})
}
