package certmanager

import (
	"context"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// newInjector makes the manager of cainjector, for webhook configurations only.
func newInjector(ctx context.Context, cfg *rest.Config, log logr.Logger) (manager.Manager, error) {
	cfg = rest.CopyConfig(cfg)
	// What stands before the slash becomes the field manager of caBundle, as in a real installation.
	cfg.UserAgent = "cert-manager-cainjector/test"
	// With the client's own throttle an injection takes 130 ms instead of 8.
	cfg.QPS = -1

	scheme := runtime.NewScheme()
	if err := clientscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := cmapi.AddToScheme(scheme); err != nil {
		return nil, err
	}
	anyName := true
	m, err := manager.New(cfg, manager.Options{
		Scheme:  scheme,
		Logger:  log,
		Metrics: server.Options{BindAddress: "0"},
		// Secrets are watched by their metadata and read live, as cainjector expects.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{new(corev1.Secret)}}},
		// A second start in one process would otherwise be refused for its controllers' names.
		Controller: config.Controller{SkipNameValidation: &anyName},
	})
	if err != nil {
		return nil, err
	}
	return m, cainjector.RegisterAllInjectors(ctx, m, cainjector.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   true,
			cainjector.ValidatingWebhookConfigurationName: true,
		},
	})
}
