// Package stack builds the programs that Gatehouse is developed against from their Go modules, once, into a cache outside
// the tree: the control plane (etcd, kube-apiserver, …), the neighbours (Kruise, OpenKruiseGame, KWOK) and the tools
// (Helm, controller-gen, golangci-lint, kubeconform). It knows how they are built and where their modules lie, not how they are run.
//
// Every part has a go.mod of its own beside this file, because their Kubernetes versions exclude each other.
package stack

import "time"

// Part is one module file beside this package, hack/stack/NAME/go.mod, with the programs that are built from it.
type Part struct {
	// Name is the folder of the part.
	Name string
	// Module is the module whose programs and files are wanted.
	Module string

	programs []program
	// ldflags are the linker flags of all its programs, besides those that strip debug information.
	ldflags string
}

// program is one executable of a part.
type program struct {
	name string
	pkg  string
	// cold is what the first build took on 2 cores with the module cache filled, told to whoever waits for it.
	cold time.Duration
}

// Names of the parts.
const (
	Etcd          = "etcd"
	Kubernetes    = "kubernetes"
	Kruise        = "kruise"
	KruiseGame    = "kruisegame"
	KWOK          = "kwok"
	Helm          = "helm"
	ControllerGen = "controller-gen"
	GolangciLint  = "golangci-lint"
	Kubeconform   = "kubeconform"
	// PrometheusOperator has no programs here: only its CRDs are wanted.
	PrometheusOperator = "prometheus-operator"
)

// kubernetesVersion is what kube-apiserver reports; a build from the module has no version of its own, and clients
// (Kruise, Helm, cert-manager) compare it.
const kubernetesVersion = "-X k8s.io/component-base/version.gitVersion=v1.37.2" +
	" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37" +
	" -X k8s.io/component-base/version.gitTreeState=clean"

// parts returns all parts; programs that others link against come first, so that their packages are compiled once.
func parts() []Part {
	return []Part{
		{Name: Etcd, Module: "go.etcd.io/etcd/server/v3", programs: []program{
			{"etcd", "go.etcd.io/etcd/server/v3", 36 * time.Second},
		}},
		{Name: Kubernetes, Module: "k8s.io/kubernetes", ldflags: kubernetesVersion, programs: []program{
			{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", 4 * time.Minute},
			{"kubectl", "k8s.io/kubernetes/cmd/kubectl", 25 * time.Second},
			{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager", time.Minute},
			{"kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler", 30 * time.Second},
		}},
		{Name: KWOK, Module: "sigs.k8s.io/kwok", programs: []program{
			{"kwok", "sigs.k8s.io/kwok/cmd/kwok", 80 * time.Second},
		}},
		{Name: Kruise, Module: "github.com/openkruise/kruise", programs: []program{
			{"kruise-manager", "github.com/openkruise/kruise", 2 * time.Minute},
		}},
		{Name: KruiseGame, Module: "github.com/openkruise/kruise-game", programs: []program{
			{"kruise-game-manager", "github.com/openkruise/kruise-game", time.Minute},
		}},
		{Name: Helm, Module: "helm.sh/helm/v4", programs: []program{
			{"helm", "helm.sh/helm/v4/cmd/helm", 100 * time.Second},
		}},
		{Name: ControllerGen, Module: "sigs.k8s.io/controller-tools", programs: []program{
			{"controller-gen", "sigs.k8s.io/controller-tools/cmd/controller-gen", 20 * time.Second},
		}},
		{Name: GolangciLint, Module: "github.com/golangci/golangci-lint/v2", programs: []program{
			{"golangci-lint", "github.com/golangci/golangci-lint/v2/cmd/golangci-lint", time.Minute},
		}},
		{Name: Kubeconform, Module: "github.com/yannh/kubeconform", programs: []program{
			{"kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", 2 * time.Second},
		}},
		{Name: PrometheusOperator, Module: "github.com/prometheus-operator/prometheus-operator"},
	}
}

// Names returns the names of all programs, in the order in which they are built.
func Names() []string {
	var names []string
	for _, part := range parts() {
		for _, p := range part.programs {
			names = append(names, p.name)
		}
	}
	return names
}
