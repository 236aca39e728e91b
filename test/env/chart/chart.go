// Package chart installs our Helm chart on a real API server and plays the kubelet for its Deployment: it runs the
// manager's binary with the arguments, environment and mounted Secret that the stored Deployment says. So the
// configuration that is tested is the one that ships.
//
// What differs from a cluster is set through the chart's values alone: processes of one machine share its network, so
// each replica listens on a loopback address of its own, its Pod IP, which the arguments name as $(POD_IP). With one
// replica that address is the Service's ClusterIP, and the API server's calls reach the process without any stop in
// between. With several, a small TCP proxy does what kube-proxy would.
//
// The Deployment itself is stored as it is. Nothing must turn it into Pods: the API server has to be run without the
// deployment controller. (If one runs, its Pods are fakes that answer nothing; the tests do not look at them.)
package chart

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// patience bounds each wait of an installation. All of them together take about two seconds on an idle machine.
const patience = 90 * time.Second

// Release is an installed chart with its running managers.
type Release struct {
	Name, Namespace string
	// ClusterIP and Port are where the API server calls the webhooks.
	ClusterIP string
	Port      int
	// User is the managers' name to the API server, AccountKubeconfig their access.
	User, AccountKubeconfig string
	Replicas                []*Replica

	options Options
	client  client.WithWatch
	closers []func()
	proxy   *proxy
	pods    int // how many there were
}

// Install installs the chart with `helm install`, starts the managers and returns when the API server has called the
// webhook with success. cert-manager must be running: until it has issued the certificate, no manager starts, as in a
// cluster. On error everything that was started is stopped; what is stored in the API server stays for inspection.
func Install(ctx context.Context, options Options) (_ *Release, err error) {
	options, err = options.complete()
	if err != nil {
		return nil, err
	}
	c, err := newClient(options)
	if err != nil {
		return nil, err
	}
	r := &Release{Name: options.Name, Namespace: options.Namespace, Port: options.Port, options: options, client: c}
	defer func() {
		if err != nil {
			_ = r.Stop(context.WithoutCancel(ctx)) // what went wrong is said already
		}
	}()
	r.runHooks(ctx)
	if err := r.helmInstall(ctx); err != nil {
		return nil, fmt.Errorf("%w%s", err, r.Tails())
	}
	if err := r.waitForCRDs(ctx); err != nil {
		return nil, err
	}
	if options.Replicas == 0 {
		return r, nil
	}
	if err := r.waitForWebhooks(ctx); err != nil {
		return nil, fmt.Errorf("%w%s", err, r.Tails())
	}
	return r, nil
}

// helmInstall runs Helm, and the managers as soon as there is a Deployment: Helm ends when its hooks have ended, and those
// may wait for managers.
func (r *Release) helmInstall(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	installed := make(chan error, 1)
	go func() { installed <- helmWithValues(ctx, r.options, "install", "--create-namespace") }()
	if r.options.Replicas == 0 {
		return <-installed
	}
	if done, err := r.waitForDeployment(ctx, installed); done {
		return err
	}
	if err := r.startReplicas(ctx); err != nil {
		cancel()
		return errors.Join(err, <-installed)
	}
	return <-installed
}

// waitForDeployment returns when there is one, or with true when Helm has ended without.
func (r *Release) waitForDeployment(ctx context.Context, installed <-chan error) (done bool, err error) {
	key := client.ObjectKey{Namespace: r.Namespace, Name: r.Name}
	err = until(ctx, "the Deployment", func(ctx context.Context) (bool, error) {
		select {
		case err := <-installed:
			done = true
			return true, err
		default:
		}
		var deployment appsv1.Deployment
		err := r.client.Get(ctx, key, &deployment)
		return err == nil, client.IgnoreNotFound(err)
	})
	return done, err
}

func newClient(options Options) (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientscheme.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return client.NewWithWatch(options.Config, client.Options{Scheme: scheme})
}

// startReplicas reads back what is stored and runs it.
func (r *Release) startReplicas(ctx context.Context) error {
	var (
		deployment appsv1.Deployment
		service    corev1.Service
		key        = client.ObjectKey{Namespace: r.Namespace, Name: r.Name}
	)
	if err := r.client.Get(ctx, key, &deployment); err != nil {
		return err
	}
	if err := r.client.Get(ctx, key, &service); err != nil {
		return err
	}
	r.ClusterIP = service.Spec.ClusterIP
	spec := deployment.Spec.Template.Spec
	if err := r.grantAccess(ctx, spec.ServiceAccountName); err != nil {
		return err
	}
	if err := r.mountVolumes(ctx, spec); err != nil {
		return err
	}
	count := int(*deployment.Spec.Replicas)
	for i := range count {
		ip := r.ClusterIP
		if count > 1 {
			ip = r.options.PodIPs[i]
		}
		replica, err := r.newPod(spec, ip, r.options)
		if err != nil {
			return err
		}
		r.Replicas = append(r.Replicas, replica)
		if err := replica.Start(); err != nil {
			return err
		}
	}
	for _, replica := range r.Replicas {
		if err := replica.WaitReady(ctx); err != nil {
			return err
		}
	}
	if count > 1 {
		return r.balance(ctx)
	}
	return nil
}

// newPod is the next Pod of the Deployment, not started yet.
func (r *Release) newPod(spec corev1.PodSpec, ip string, options Options) (*Replica, error) {
	p := pod{name: fmt.Sprintf("%s-%d", r.Name, r.pods), namespace: r.Namespace, ip: ip, spec: spec}
	r.pods++
	return newReplica(p, options, r.AccountKubeconfig)
}

// Stop ends the managers as a kubelet would, with their grace period, all at the same time. The chart stays installed.
func (r *Release) Stop(ctx context.Context) error {
	err := r.StopManagers(ctx)
	for i := len(r.closers) - 1; i >= 0; i-- {
		r.closers[i]()
	}
	r.closers = nil
	return err
}
