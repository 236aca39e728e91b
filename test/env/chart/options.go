package chart

import (
	"cmp"
	"errors"
	"io"
	"net/netip"
	"strings"

	"k8s.io/client-go/rest"
)

// Options say what to install, where, and with which programs.
type Options struct {
	// Helm and Manager are the paths of Helm's and of our own binary.
	Helm, Manager string
	// Chart is the chart's directory.
	Chart string
	// Config and Kubeconfig are one and the same access, of a cluster administrator. Helm reads files only.
	Config     *rest.Config
	Kubeconfig string
	// AccountKubeconfig is the access of the managers. If empty, Install asks the API server for a token of the
	// ServiceAccount that the chart made, which is what a kubelet does.
	AccountKubeconfig string
	// Dir takes mounted Secrets, logs and kubeconfigs. It must exist and outlive the release.
	Dir string
	// Name and Namespace of the release; gatehouse in gatehouse-system if empty. A name with "gatehouse" in it is also the
	// name of everything in the chart.
	Name, Namespace string
	// Replicas is the number of managers to run. With 0 the chart is installed and nothing started.
	Replicas int
	// ClusterIP of the Service: a loopback address in the API server's service range. If empty the API server chooses.
	ClusterIP string
	// PodIPs are loopback addresses for the replicas to listen on, one each. A single one needs none: it listens on the
	// Service's ClusterIP itself.
	PodIPs []string
	// Port of the Service; 9443 if 0. Below 1024 it takes root.
	Port int
	// Values are further values for Helm. env, listen, service, replicas and certificates.mountPath are Install's own.
	Values map[string]any
	// HelmFlags are further flags of install and upgrade.
	HelmFlags []string
	// Env are further variables (NAME=value) for the processes, for the tests' own ends such as GOCOVERDIR.
	Env []string
	// Output takes what the managers write, besides their log files; may be nil.
	Output io.Writer
}

const (
	metricsPort = 8080
	healthPort  = 8081
)

// ReleaseName is the name of the release, of the chart's objects too.
func (o Options) ReleaseName() string { return cmp.Or(o.Name, "gatehouse") }

func (o Options) complete() (Options, error) {
	o.Name = o.ReleaseName()
	if o.Namespace == "" {
		o.Namespace = "gatehouse-system"
	}
	if o.Port == 0 {
		o.Port = 9443
	}
	if o.Helm == "" || o.Chart == "" || o.Config == nil || o.Kubeconfig == "" || o.Dir == "" {
		return o, errors.New("chart: Helm, Chart, Config, Kubeconfig and Dir are required")
	}
	if !strings.Contains(o.Name, "gatehouse") {
		return o, errors.New("chart: Name must contain gatehouse")
	}
	if o.Replicas > 0 && o.Manager == "" {
		return o, errors.New("chart: Manager is required to run replicas")
	}
	if o.ClusterIP != "" {
		if ip, err := netip.ParseAddr(o.ClusterIP); err != nil || !ip.IsLoopback() || !ip.Is4() {
			return o, errors.New("chart: ClusterIP must be a loopback IPv4 address, because the processes run on this machine")
		}
	}
	if o.Replicas > 1 && len(o.PodIPs) < o.Replicas {
		return o, errors.New("chart: more than one replica needs PodIPs for all")
	}
	return o, nil
}
