package env

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
)

// Ports on the environment's own address (slice), hence fixed. Not the usual ones: something on this machine may listen
// on those on all addresses, which takes them from every single address too.
const (
	etcdPort          = "17010"
	etcdPeerPort      = "17011"
	apiServerPort     = "17012"
	kruiseMetricsPort = "17013"
	kruiseHealthPort  = "17014"
	okgMetricsPort    = "17015"
	okgHealthPort     = "17016"
	okgScalerPort     = "17017"
)

func (e *Env) startControlPlane(ctx context.Context) error {
	if err := e.writeServerFiles(); err != nil {
		return err
	}
	etcd, err := e.Start(Command{Name: "etcd", Path: e.Binary("etcd"), Args: e.etcdFlags()})
	if err != nil {
		return err
	}
	server, err := e.Start(Command{Name: "kube-apiserver", Path: e.Binary("kube-apiserver"), Args: e.apiServerFlags()})
	if err != nil {
		return err
	}
	ready, err := e.probe("/readyz")
	if err != nil {
		return err
	}
	// readyz includes the hook that creates the default roles.
	return e.Wait(ctx, "kube-apiserver to be ready", ready, etcd, server)
}

// RestartEtcd kills etcd, as a node that goes down, and starts it again with its data. Nobody else is restarted.
func (e *Env) RestartEtcd() error {
	e.Process("etcd").Kill()
	_, err := e.Start(Command{Name: "etcd", Path: e.Binary("etcd"), Args: e.etcdFlags()})
	return err
}

func (e *Env) etcdFlags() []string {
	clients := "http://" + net.JoinHostPort(e.HostIP(), etcdPort)
	peers := "http://" + net.JoinHostPort(e.HostIP(), etcdPeerPort)
	flags := []string{
		"--data-dir=" + e.path("etcd"),
		"--listen-client-urls=" + clients, "--advertise-client-urls=" + clients,
		"--listen-peer-urls=" + peers, "--initial-advertise-peer-urls=" + peers, "--initial-cluster=default=" + peers,
		"--log-level=warn",
	}
	if !e.options.Fsync {
		flags = append(flags, "--unsafe-no-fsync")
	}
	return flags
}

func (e *Env) apiServerFlags() []string {
	flags := []string{
		"--etcd-servers=http://" + net.JoinHostPort(e.HostIP(), etcdPort),
		"--bind-address=" + e.HostIP(), "--secure-port=" + apiServerPort, "--advertise-address=" + e.HostIP(),
		"--tls-cert-file=" + e.path("apiserver.crt"), "--tls-private-key-file=" + e.path("apiserver.key"),
		"--service-cluster-ip-range=" + e.slice.serviceRange(),
		// Nobody reaches the API server through the Service "kubernetes", and its reconciler refuses a loopback address.
		"--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC", "--token-auth-file=" + e.path("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + e.path("service-account.key"),
		"--service-account-signing-key-file=" + e.path("service-account.key"),
		// No controller makes service accounts' tokens or clears a new node's taint here, and without them the first
		// plugin would refuse every pod and the second keep the scheduler from using the node.
		"--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
		"--profiling=false",
	}
	if e.options.Audit {
		flags = append(flags, "--audit-log-path="+e.AuditLog(), "--audit-policy-file="+e.path("audit-policy.yaml"),
			"--audit-log-mode=blocking-strict")
	}
	return append(flags, e.options.APIServerFlags...)
}

// auditPolicy records everything that is written to the objects this project is about, and whatever our own accounts ask
// for.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts:gatehouse-system"]
  verbs: [get, list, watch]
- level: None
  verbs: [get, list, watch]
- level: RequestResponse
  resources:
  - {group: networking.k8s.io, resources: [ingresses]}
  - {group: gatehouse.dev}
  - {group: game.kruise.io}
- level: Metadata
`

func (e *Env) writeServerFiles() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	encoded, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return writeFiles(e.Dir(), map[string][]byte{
		"service-account.key": encoded,
		"audit-policy.yaml":   []byte(auditPolicy),
	})
}

// probe returns a condition that holds when the API server answers a path with 200.
func (e *Env) probe(path string) (Condition, error) {
	client, err := rest.HTTPClientFor(e.Config(Admin))
	if err != nil {
		return nil, err
	}
	client.Timeout = 2 * time.Second
	return httpProbe(client, e.identity.server+path), nil
}

func httpProbe(client *http.Client, url string) Condition {
	return func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		response, err := client.Do(request)
		if err != nil {
			return false, err
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
			return false, fmt.Errorf("%s answers %s", url, response.Status)
		}
		return true, nil
	}
}

// startControllerManager runs the controllers whose work is visible in this environment: deletion through owners and of
// namespaces, and roles that are put together from others.
func (e *Env) startControllerManager() error {
	_, err := e.Start(Command{Name: "kube-controller-manager", Path: e.Binary("kube-controller-manager"), Args: []string{
		"--kubeconfig=" + e.Kubeconfig(controllerManager),
		"--controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller",
		// Each controller as a service account of its own, as in every cluster: they have the rights, and admission sees
		// their names.
		"--use-service-account-credentials=true",
		"--leader-elect=false", "--secure-port=0",
	}})
	return err
}

func (e *Env) startScheduler() error {
	_, err := e.Start(Command{Name: "kube-scheduler", Path: e.Binary("kube-scheduler"), Args: []string{
		"--kubeconfig=" + e.Kubeconfig(scheduler), "--leader-elect=false", "--secure-port=0",
	}})
	return err
}
