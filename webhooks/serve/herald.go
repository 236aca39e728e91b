package serve

import (
	"os"
	"time"

	"github.com/go-logr/logr"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/herald"
)

// heraldQPS and heraldBurst bound the calls of one replica to tell of refusals, whatever tenants do to be refused: an
// Event takes three.
const (
	heraldQPS   = 10
	heraldBurst = 60
)

// sendHerald gives the manager a herald to run, which tells of the Ingresses that the webhooks refuse.
func sendHerald(mgr manager.Manager, log logr.Logger) (*herald.Herald, error) {
	scheme := runtime.NewScheme()
	if err := eventsv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config := rest.CopyConfig(mgr.GetConfig())
	config.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(heraldQPS, heraldBurst)
	api, err := client.New(config, client.Options{HTTPClient: mgr.GetHTTPClient(), Scheme: scheme, Mapper: mgr.GetRESTMapper()})
	if err != nil {
		return nil, err
	}
	replica, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	h := herald.New(api, replica, time.Now, log)
	return h, mgr.Add(h)
}
